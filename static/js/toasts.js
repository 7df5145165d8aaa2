// Short messages in the corner. A server sends one with `HX-Trigger: {"toast": {"text", "level"}}`.
import { words } from "./words.js";

const SECONDS_SHOWN = 6;
const box = document.getElementById("toasts");

function fade(note) {
  if (!note.matches(".toast-error, .toast-warning")) {
    setTimeout(() => note.remove(), SECONDS_SHOWN * 1000);
  }
}

export function toast(text, level = "success") {
  const note = document.createElement("div");
  note.className = `toast-note toast-${level}`;
  note.dataset.toast = "";
  const said = document.createElement("span");
  said.textContent = text;
  const dismiss = document.createElement("button");
  dismiss.type = "button";
  dismiss.className = "btn btn-icon btn-ghost";
  dismiss.dataset.dismiss = "";
  dismiss.setAttribute("aria-label", words.close);
  dismiss.textContent = "×";
  note.append(said, dismiss);
  box?.append(note);
  fade(note);
}

document.querySelectorAll("[data-toast]").forEach(fade);
document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest("[data-toast]")?.remove();
});
document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.level));
document.addEventListener("htmx:responseError", (event) => {
  const reference = event.detail.xhr.getResponseHeader("X-Request-ID");
  toast(reference ? `${words.failed} ${words.reference} ${reference}` : words.failed, "error");
});
document.addEventListener("htmx:sendError", () => toast(words.offline, "error"));
