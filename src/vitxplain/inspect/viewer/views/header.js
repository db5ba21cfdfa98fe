/** The head of the page: run, images, and what one can do with the view. */

import { chooser, contextOf, el } from "../dom.js";

/** Pictures of the strip that are loaded; more images are words. */
const PICTURES = 24;

/**
 * @param {import("../catalogue.js").Catalogue} catalogue
 * @param {{open: (id: string) => void, compare: () => void, save: (kind: "png" | "svg" | "csv") => void, link: () => void, theme: () => void, help: () => void}} does
 */
export function makeHeader(catalogue, does) {
  const model = el("span", { class: "model" });
  const run = chooser("Run", catalogue.runs.map((name) => ({ value: name, text: name || "." })), (value) => {
    const entry = catalogue.entry(current);
    const next = entry && catalogue.nearest(value, entry.name, entry.step);
    if (next) does.open(next.id);
  });
  const strip = el("div", { class: "strip", role: "group", "aria-label": "Images" });
  /** @param {string} text @param {() => void} click @param {string} title */
  const button = (text, click, title) => el("button", { type: "button", class: "plain", text, title, onclick: click });
  const compare = button("Compare", does.compare, "K: two side by side");
  const theme = button("Light", does.theme, "T");
  const menu = el("div", { class: "menu", hidden: true });
  const save = el("button", { type: "button", class: "plain", text: "Save", "aria-expanded": "false", onclick: () => open(menu.hidden) });
  /** @param {boolean} on */
  const open = (on) => {
    menu.hidden = !on;
    save.setAttribute("aria-expanded", String(on));
  };
  for (const [kind, text] of /** @type {["png" | "svg" | "csv", string][]} */ ([["png", "Picture (PNG)"], ["svg", "Drawing (SVG)"], ["csv", "Numbers (CSV)"]])) {
    menu.append(el("button", { type: "button", text, onclick: () => (open(false), does.save(kind)) }));
  }
  const element = el(
    "header",
    {},
    el("b", { text: "vitxplain" }),
    model,
    catalogue.runs.length > 1 && run.element,
    strip,
    el("span", { class: "grow" }),
    compare,
    el("div", { class: "saves" }, save, menu),
    button("Copy link", does.link, "L"),
    theme,
    button("?", does.help, "All keys"),
  );
  let current = "";
  let key = "";
  return {
    element,
    /** @param {import("../types.js").Entry} entry @param {boolean} dark @param {boolean} two */
    update(entry, dark, two) {
      current = entry.id;
      model.textContent = entry.model;
      model.title = entry.model;
      theme.textContent = dark ? "Light" : "Dark";
      compare.setAttribute("aria-pressed", String(two));
      run.set(entry.run);
      const names = catalogue.names(entry.run);
      if (key !== entry.run + names.length) {
        key = entry.run + names.length;
        strip.replaceChildren(...names.map((name) => el("button", { type: "button", title: name, "aria-label": name, "data-name": name, onclick: () => does.open(catalogue.nearest(entry.run, name, catalogue.entry(current)?.step ?? 0)?.id ?? current) }, el("span", { text: name }))));
      }
      for (const child of strip.children) child.setAttribute("aria-pressed", String(child.getAttribute("data-name") === entry.name));
    },
    /** @param {string} name @param {ImageBitmap} image */
    picture(name, image) {
      const child = [...strip.children].find((other) => other.getAttribute("data-name") === name);
      if (!child || child.querySelector("canvas")) return;
      const canvas = el("canvas", { "aria-hidden": "true" });
      canvas.width = 96;
      canvas.height = 64;
      const scale = Math.max(96 / image.width, 64 / image.height);
      contextOf(canvas).drawImage(image, 48 - (image.width * scale) / 2, 32 - (image.height * scale) / 2, image.width * scale, image.height * scale);
      child.replaceChildren(canvas);
    },
    pictures: PICTURES,
    close: () => open(false),
  };
}
