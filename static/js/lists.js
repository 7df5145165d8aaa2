// Tables with data-list: j/k move, Enter opens, x selects; filters and bulk actions around them.

const rows = () => [...document.querySelectorAll("table[data-list] > tbody > tr")];
const tick = (row) => row?.querySelector('input[type="checkbox"][name="ids"]');
let current = null;

function move(step) {
  const all = rows();
  if (!all.length) return;
  const from = all.indexOf(current);
  const to = from < 0 ? (step > 0 ? 0 : all.length - 1) : from + step;
  current?.classList.remove("is-current");
  current = all[Math.min(Math.max(to, 0), all.length - 1)];
  current.classList.add("is-current");
  const link = current.querySelector("a[href]");
  (link ?? current).focus({ preventScroll: true });
  current.scrollIntoView({ block: "nearest" });
}

function open(row, inNewTab = false) {
  if (!row?.dataset.href) return;
  if (inNewTab) window.open(row.dataset.href, "_blank", "noopener");
  else location.assign(row.dataset.href);
}

function count() {
  const chosen = document.querySelectorAll('input[name="ids"]:checked').length;
  const bar = document.querySelector("[data-bulk]");
  if (!bar) return;
  bar.hidden = chosen === 0;
  bar.querySelector("[data-bulk-count]").textContent = chosen.toLocaleString();
}

function clear() {
  document.querySelectorAll('input[name="ids"]:checked, [data-select-all]').forEach((box) => {
    box.checked = false;
  });
  count();
}

/** Handle a key pressed outside inputs; returns whether it meant something to a list. */
export function listKey(event) {
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "Enter" && current?.isConnected && document.activeElement === document.body) open(current);
  else if (event.key === "x" && tick(current)) {
    tick(current).checked = !tick(current).checked;
    count();
  } else if (event.key === "Escape") clear();
  else return false;
  return true;
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-bulk-clear]")) clear();
  const row = event.target.closest("table[data-list] > tbody > tr[data-href]");
  const isControl = event.target.closest("a, button, input, label, select, summary, details, dialog");
  if (!row || isControl || getSelection()?.toString()) return;
  open(row, event.metaKey || event.ctrlKey);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-select-all]")) {
    const table = event.target.closest("table");
    table.querySelectorAll('input[name="ids"]').forEach((box) => {
      box.checked = event.target.checked;
    });
  }
  if (event.target.matches('[data-select-all], input[name="ids"]')) count();
});

document.addEventListener("htmx:afterSettle", () => {
  current = current?.isConnected ? current : null;
  count();
});

// The filters keep the order in force, and leave what is not filled in out of the address.
document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.elt.matches("[data-filters]")) return;
  const { parameters } = event.detail;
  const sort = new URLSearchParams(location.search).get("sort");
  if (sort) parameters.sort = sort;
  for (const [name, value] of Object.entries(parameters)) {
    if (value === "") delete parameters[name];
  }
});
document.addEventListener("htmx:pushedIntoHistory", () => {
  const reset = document.querySelector("[data-filters-reset]");
  if (reset) reset.hidden = !location.search;
});

// --- tables wider than the screen: whoever has no pointer scrolls them by the arrow keys ---
function reachTables() {
  for (const box of document.querySelectorAll(".table-box, .table-responsive")) {
    box.toggleAttribute("tabindex", false);
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}
reachTables();
addEventListener("resize", reachTables);
document.addEventListener("htmx:afterSettle", reachTables);
