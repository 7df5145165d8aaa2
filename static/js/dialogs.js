// Dialogs (native <dialog>), menus (native <details>) and questions before what cannot be undone.
import { words } from "./words.js";

function close(dialog) {
  if (dialog?.open) dialog.close();
}

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) {
    document.getElementById(opener.dataset.open)?.showModal();
    return;
  }
  if (event.target.closest("[data-close]") || event.target.matches("dialog.modal-box")) {
    close(event.target.closest("dialog"));
  }
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// What a server sends into #dialog-body is shown as a dialog; `HX-Trigger: dialog:close` ends it.
document.addEventListener("htmx:afterSwap", (event) => {
  const remote = event.detail.target?.closest?.("[data-remote-dialog]");
  if (!remote) return;
  const heading = remote.querySelector("h2");
  if (heading) remote.setAttribute("aria-label", heading.textContent.trim());
  if (remote.querySelector("#dialog-body").childElementCount && !remote.open) remote.showModal();
});
document.addEventListener("dialog:close", () => {
  for (const dialog of document.querySelectorAll("dialog[open]")) close(dialog);
});

function button(text, css, value) {
  const made = document.createElement("button");
  made.className = css;
  made.value = value;
  made.textContent = text;
  return made;
}

/** Ask before going on; resolves to whether the answer was yes. */
export function ask(question) {
  const dialog = document.createElement("dialog");
  dialog.className = "modal-box";
  dialog.setAttribute("aria-label", words.confirm);
  const form = document.createElement("form");
  form.method = "dialog";
  form.className = "modal-box-body";
  const text = document.createElement("p");
  text.textContent = question || words.confirm;
  const foot = document.createElement("div");
  foot.className = "form-foot";
  foot.append(button(words.cancel, "btn", "no"), button(words.yes, "btn btn-primary", "yes"));
  form.append(text, foot);
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
  });
}

document.addEventListener("htmx:confirm", (event) => {
  const question = event.detail.question ?? event.detail.elt.dataset.confirm;
  if (!question) return;
  event.preventDefault();
  ask(question).then((yes) => yes && event.detail.issueRequest(true));
});

document.addEventListener("submit", (event) => {
  const asker = event.submitter?.dataset.confirm ? event.submitter : event.target;
  const isHtmx = event.target.matches("[hx-post], [hx-get], [hx-put], [hx-delete], [hx-patch]");
  if (!asker.dataset.confirm || isHtmx) return;
  if (asker.dataset.answered) {
    delete asker.dataset.answered;
    return;
  }
  event.preventDefault();
  ask(asker.dataset.confirm).then((yes) => {
    if (!yes) return;
    asker.dataset.answered = "yes";
    event.target.requestSubmit(event.submitter);
  });
});
