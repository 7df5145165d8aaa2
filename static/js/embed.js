// A survey inside a page of yours: <script async src="https://…/s/…/embed.js" data-survey="…">.
// Lives in a shadow tree with a constructed style sheet, so that a strict policy of the page
// (no inline style, no eval) holds, and neither style reaches the other. It needs this server in
// script-src and connect-src, nothing else.
(() => {
  "use strict";
  const tag = document.currentScript;
  const given = tag?.dataset ?? {};
  if (!given.survey || !("adoptedStyleSheets" in Document.prototype)) return;
  const address = new URL(`embed/${encodeURIComponent(given.survey)}/`, tag.src);
  const language = given.language || document.documentElement.lang || navigator.language || "en";
  const VISITOR = "cs-survey-visitor";
  const PLACE = "cs-survey";

  // Who cannot be remembered would be asked on every page: such a visitor is not asked at all.
  function visitor() {
    try {
      let id = localStorage.getItem(VISITOR);
      if (!id) {
        id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
        localStorage.setItem(VISITOR, id);
      }
      return localStorage.getItem(VISITOR) === id ? id : "";
    } catch {
      return "";
    }
  }

  const who = { user: given.user ?? "", hash: given.hash ?? "", visitor: visitor(), language };
  if (!who.visitor && !(who.user && who.hash)) return;

  const STYLES = `
    :host { all: initial; position: fixed; z-index: 2147483000; inset: auto 0 0 auto; width: min(26rem, 100%);
      color-scheme: inherit; font: 400 15px/1.5 -apple-system, "Segoe UI", "Hiragino Sans", "BIZ UDPGothic",
      "Yu Gothic UI", Meiryo, "Noto Sans", "Noto Sans CJK JP", sans-serif;
      --surface: light-dark(#fff, #171c24); --ink: light-dark(#171c24, #eceff3); --muted: light-dark(#566070, #a4afbd);
      --edge: light-dark(#858e9c, #77828f); --bad: light-dark(#b3211f, #ff9a93);
      --soft: color-mix(in oklab, var(--brand) 12%, var(--surface)); }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    section { margin: 16px; padding: 18px 20px 20px; color: var(--ink); background: var(--surface); overflow-wrap: anywhere;
      border-top: 4px solid var(--brand); border-radius: 14px; max-height: calc(100vh - 32px); overflow: auto;
      box-shadow: 0 0 0 1px light-dark(rgb(20 28 40 / 10%), rgb(255 255 255 / 14%)), 0 12px 44px rgb(10 14 20 / 28%); }
    header { display: flex; align-items: center; justify-content: space-between; gap: 12px; margin: -6px -8px 6px 0; font-size: 13px; color: var(--muted); }
    h2, legend { margin: 0 0 12px; padding: 0; font-size: 17px; font-weight: 650; line-height: 1.45; text-wrap: pretty; }
    fieldset { margin: 0 0 16px; padding: 0; border: 0; min-width: 0; }
    fieldset fieldset legend, .more legend, .more label.text { display: block; margin-bottom: 8px; font-size: 15px; font-weight: 600; }
    .scale { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 6px; }
    .mark { position: relative; }
    .mark input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
    .mark span { display: grid; place-items: center; min-height: 44px; font-weight: 600; border: 1.5px solid var(--edge); border-radius: 9px; }
    .mark input:hover + span { background: var(--soft); border-color: var(--brand); }
    .mark input:checked + span { color: var(--brand-ink); background: var(--brand); border-color: var(--brand); }
    .mark input:focus-visible + span, .option:has(:focus-visible), button:focus-visible, textarea:focus-visible { outline: 3px solid var(--brand); outline-offset: 2px; }
    .ends { display: flex; justify-content: space-between; gap: 12px; margin-top: 6px; font-size: 13px; color: var(--muted); }
    .option { display: flex; align-items: center; gap: 10px; min-height: 44px; padding: 6px 12px; margin-bottom: 6px; border: 1.5px solid var(--edge); border-radius: 9px; cursor: pointer; }
    .option:has(:checked) { background: var(--soft); border-color: var(--brand); }
    .option input { flex: none; width: 18px; height: 18px; margin: 0; accent-color: var(--brand); }
    textarea { display: block; width: 100%; min-height: 84px; padding: 10px 12px; font: inherit; color: inherit; background: var(--surface); border: 1.5px solid var(--edge); border-radius: 9px; resize: vertical; }
    .text + textarea { margin-bottom: 16px; }
    button { font: inherit; cursor: pointer; }
    .logo { max-width: 60%; max-height: 30px; padding: 3px 6px; background: #fff; border-radius: 6px; }
    .close { display: grid; place-items: center; width: 40px; height: 40px; font-size: 22px; line-height: 1; color: var(--muted); background: none; border: 0; border-radius: 8px; }
    .close:hover { background: var(--soft); }
    .send { min-height: 44px; padding: 6px 22px; font-weight: 650; color: var(--brand-ink); background: var(--brand); border: 0; border-radius: 9px; }
    .state { margin: 0; font-size: 14px; color: var(--muted); }
    .state.bad { margin: 12px 0 0; color: var(--bad); }
    @media (max-width: 30rem) { :host { width: 100%; } section { margin: 8px; } }`;

  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) element.setAttribute(key, "");
      else if (value !== false && value != null) element.setAttribute(key, value);
    }
    element.append(...children.filter((child) => child != null));
    return element;
  }

  async function say(body) {
    const answer = await fetch(address, {
      method: "POST",
      mode: "cors",
      credentials: "omit",
      keepalive: true,
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...who, ...body }),
    });
    const said = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(said.detail || answer.status), { said });
    return said;
  }

  function scale(question) {
    const columns = question.marks.length > 7 ? 6 : question.marks.length;
    const grid = make("div", { class: "scale" });
    grid.style.setProperty("--columns", columns);
    for (const mark of question.marks) {
      const input = make("input", { type: "radio", name: question.name, value: mark.value, "aria-label": mark.label });
      input.checked = String(question.given ?? "") === String(mark.value);
      grid.append(make("label", { class: "mark" }, input, make("span", { "aria-hidden": "true" }, String(mark.value))));
    }
    const ends = make("div", { class: "ends", "aria-hidden": "true" }, make("span", {}, question.low), make("span", {}, question.high));
    return make("fieldset", {}, make("legend", {}, question.text), grid, ends);
  }

  function choices(question) {
    const type = question.kind === "multiple" ? "checkbox" : "radio";
    const options = question.options.map((option) =>
      make("label", { class: "option" }, make("input", { type, name: question.name, value: option.value }), make("span", {}, option.label)),
    );
    return make("fieldset", {}, make("legend", {}, question.text), ...options);
  }

  function writing(question) {
    const id = `answer-${question.name}`;
    return make("div", {}, make("label", { class: "text", for: id }, question.text), make("textarea", { id, name: question.name, maxlength: question.limit }));
  }

  function control(question) {
    if (question.marks) return scale(question);
    return question.options ? choices(question) : writing(question);
  }

  function answersIn(form) {
    const answers = {};
    for (const field of form.elements) {
      if (!field.name || ((field.type === "radio" || field.type === "checkbox") && !field.checked)) continue;
      if (field.type === "checkbox") (answers[field.name] ??= []).push(field.value);
      else answers[field.name] = field.value;
    }
    return answers;
  }

  function show(survey) {
    const { words, brand } = survey;
    const host = make("div", { id: PLACE });
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLES);
    root.adoptedStyleSheets = [sheet];
    host.style.setProperty("--brand", `light-dark(${brand.light}, ${brand.dark})`);
    host.style.setProperty("--brand-ink", `light-dark(${brand.light_ink}, ${brand.dark_ink})`);

    const state = make("p", { class: "state", role: "status" });
    const form = make("form", { novalidate: true }, survey.question ? scale(survey.question) : null);
    const close = make("button", { type: "button", class: "close", "aria-label": words.close }, "×");
    const name = make("span", {}, brand.name);
    const section = make("section", { "aria-label": words.title, lang: survey.language },
      make("header", {}, name, close), form, state);
    root.append(section);
    let hasAnswered = false;
    let isBusy = false;
    const waiting = [];

    // Drawn and not linked: the page's policy need allow no picture of ours.
    const draw = async () => {
      const answer = await fetch(brand.logo, { mode: "cors", credentials: "omit" });
      if (!answer.ok) return;
      const picture = await createImageBitmap(await answer.blob());
      const { width, height } = picture;
      const canvas = make("canvas", { class: "logo", width, height, role: "img", "aria-label": brand.name });
      canvas.getContext("2d").drawImage(picture, 0, 0);
      name.replaceWith(canvas);
    };
    const failed = (error) => {
      state.className = "state bad";
      state.textContent = error.said?.detail || words.failed;
    };
    const end = () => {
      removeEventListener("keydown", escape);
      host.remove();
    };
    const dismiss = () => {
      if (!hasAnswered) say({ event: "dismissed" }).catch(() => {});
      end();
    };
    const escape = (event) => {
      if (event.key === "Escape" && root.activeElement) dismiss();
    };
    const more = make("div", { class: "more" });
    const send = make("button", { class: "send" }, words.send);
    let drawn = "";

    const offer = (questions) => {
      const names = questions.map((question) => question.name).join();
      if (names === drawn) return;
      const kept = answersIn(form);
      const focused = root.activeElement?.name;
      drawn = names;
      more.replaceChildren(...questions.map(control));
      for (const field of more.querySelectorAll("textarea")) field.value = kept[field.name] ?? "";
      for (const field of more.querySelectorAll("input")) field.checked = [kept[field.name]].flat().includes(field.value);
      if (!send.isConnected) form.append(more, send);
      if (focused) form.querySelector(`[name="${CSS.escape(focused)}"]:checked`)?.focus();
    };

    // What is asked next depends on what was said: the server decides, after each choice.
    const tell = async (isDone) => {
      if (isBusy) {
        waiting.push(isDone);
        return;
      }
      isBusy = true;
      state.className = "state";
      state.textContent = "";
      try {
        const said = await say({ event: "answer", is_done: isDone, answers: answersIn(form) });
        hasAnswered = true;
        if (said.is_done) {
          form.remove();
          state.replaceChildren(make("strong", {}, words.thanks));
          setTimeout(end, 6000);
        } else offer(said.questions);
      } catch (error) {
        failed(error);
      } finally {
        isBusy = false;
        if (waiting.length) tell(waiting.splice(0).some(Boolean));
      }
    };

    form.addEventListener("change", (event) => {
      if (event.target.matches("input")) tell(false);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      tell(true);
    });
    close.addEventListener("click", dismiss);
    addEventListener("keydown", escape);
    if (survey.questions.length) offer(survey.questions);
    document.body.append(host);
    if (brand.logo) draw().catch(() => {});
    say({ event: "shown" }).catch(() => {});
  }

  async function ask() {
    if (document.getElementById(PLACE)) return;
    const survey = await say({ event: "ask" });
    if (survey.brand) show(survey);
  }

  const wait = Number(given.delay ?? 2) * 1000;
  setTimeout(() => ask().catch(() => {}), Number.isFinite(wait) ? Math.max(wait, 0) : 2000);
})();
