// The answer page. Without this script every step is a form and a button; with it the score of a
// mail's link is sent once a person is there, and the next questions appear as answers are given.
const form = document.querySelector("form[data-answer]");
const SECONDS_IN_VIEW = 2;

function gather() {
  const body = new FormData(form);
  body.set("partial", "1");
  return body;
}

if (form) {
  // What is posted without this, right after the letter came, no browser of a person posted.
  form.elements.script.value = "1";
  const more = form.querySelector("[data-more]");
  const state = form.querySelector("[data-state]");
  let sending = false;
  let again = false;

  const keepWriting = () => {
    const focused = document.activeElement;
    const written = new Map([...more.querySelectorAll("textarea")].map((area) => [area.name, area.value]));
    return () => {
      for (const area of more.querySelectorAll("textarea")) area.value = written.get(area.name) || area.value;
      if (focused?.id) document.getElementById(focused.id)?.focus({ preventScroll: true });
    };
  };

  async function send() {
    if (sending) {
      again = true;
      return;
    }
    sending = true;
    try {
      const answer = await fetch(form.action, { method: "POST", body: gather(), headers: { Accept: "text/html" } });
      if (answer.redirected || !answer.ok) throw new Error(answer.status);
      const restore = keepWriting();
      more.innerHTML = await answer.text();
      restore();
      state.textContent = state.dataset.saved;
    } catch {
      // The button still sends everything, and says what is wrong.
      state.textContent = "";
    } finally {
      sending = false;
      if (again) {
        again = false;
        send();
      }
    }
  }

  form.addEventListener("change", (event) => {
    if (event.target.matches("input[type=radio], input[type=checkbox]")) send();
  });

  // A mail's link is also opened by scanners and previews, which neither touch nor look.
  if (form.hasAttribute("data-chosen")) {
    const signs = ["pointerdown", "keydown", "scroll", "touchstart"];
    let seen = 0;
    const first = () => {
      clearInterval(looking);
      for (const sign of signs) removeEventListener(sign, first);
      if (form.hasAttribute("data-chosen")) send();
      form.removeAttribute("data-chosen");
    };
    const looking = setInterval(() => {
      seen = document.visibilityState === "visible" ? seen + 0.25 : 0;
      if (seen >= SECONDS_IN_VIEW) first();
    }, 250);
    for (const sign of signs) addEventListener(sign, first, { passive: true });
    form.addEventListener("submit", () => form.removeAttribute("data-chosen"));
  }
}
