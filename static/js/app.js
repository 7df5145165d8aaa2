// What every page does: theme, search, keyboard, and charts where there are any.
import "./dialogs.js";
import "./toasts.js";
import { listKey } from "./lists.js";
import { csrfToken, words } from "./words.js";

// --- theme: changed in place; without this script the form reloads the page ---
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-switch]");
  if (!form) return;
  event.preventDefault();
  const theme = event.submitter.value;
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = theme;
  root.dataset.bsTheme = theme === "system" ? (dark ? "dark" : "light") : theme;
  for (const item of form.querySelectorAll("[name=theme]")) {
    item.toggleAttribute("aria-pressed", false);
    if (item === event.submitter) item.setAttribute("aria-pressed", "true");
  }
  const body = new FormData(form);
  body.set("theme", theme);
  fetch(form.action, { method: "POST", body, headers: { "X-CSRFToken": csrfToken() } });
});

// --- search ---
const input = document.querySelector("[data-search-input]");
const results = document.getElementById("search-results");

function showResults() {
  results.hidden = !(input.value.trim() && results.childElementCount);
}

if (input) {
  results.addEventListener("htmx:afterSwap", showResults);
  input.addEventListener("focus", showResults);
  input.addEventListener("input", () => {
    if (!input.value.trim()) results.hidden = true;
  });
  input.closest("form").addEventListener("submit", (event) => {
    const first = results.querySelector("a[href]");
    if (results.hidden || !first) return;
    event.preventDefault();
    first.click();
  });
  input.closest("form").addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const links = [input, ...results.querySelectorAll("a[href]")];
    const at = links.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      results.hidden = true;
      input.blur();
    } else if (step && !results.hidden) {
      event.preventDefault();
      links[(at + step + links.length) % links.length].focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-search]")) results.hidden = true;
  });
  // What was typed before htmx was there is looked up once it is.
  document.addEventListener("htmx:load", () => {
    if (document.activeElement === input && input.value.trim()) input.dispatchEvent(new Event("search"));
  }, { once: true });
}

// --- tabs ---
// On a phone the tabs scroll sideways: the current one must not lie out of sight.
for (const tab of document.querySelectorAll(".subnav [aria-current]")) {
  tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
}

// --- keyboard ---
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  if (isTyping || event.isComposing || event.metaKey || event.ctrlKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "/" && input) input.focus();
  else if (event.key === "?") document.getElementById("shortcuts")?.showModal();
  else if (!listKey(event)) return;
  event.preventDefault();
});

// --- charts ---
function drawCharts() {
  if (document.querySelector("[data-chart]")) import(words.charts).then(({ draw }) => draw());
}
drawCharts();
document.addEventListener("htmx:afterSettle", drawCharts);
