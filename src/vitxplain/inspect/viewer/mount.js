/** Puts the viewer into an element. */

import { followTheme } from "./actions.js";
import { App } from "./app.js";
import { el } from "./dom.js";
import { pressed } from "./keys.js";
import { messageOf } from "./recording.js";
import { themeAround, watchTheme } from "./views/theme.js";
import css from "./style.css";

/** Styles made by script: a page that forbids inline styles lets them be. @param {ShadowRoot} root */
function dress(root) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
}

/**
 * The element gets what is returned as its `viewer`.
 * @param {HTMLElement} element @param {import("./types.js").Source} source @param {import("./types.js").Host} [host]
 * @returns {Promise<{close: () => void, app: App | null}>}
 */
export async function mount(element, source, host = {}) {
  const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  const page = el("div", { class: "page", "data-theme": themeAround(element) });
  dress(root);
  root.replaceChildren(page);
  page.append(el("p", { class: "message", role: "status", text: "Opening the recordings …" }));
  try {
    const index = await source.index();
    if (!index.records.length) {
      const why = index.left_out.length ? ` ${index.left_out.length} files were left out: ${index.left_out[0].file}: ${index.left_out[0].why}` : "";
      throw new Error(`There are no recordings here yet.${why}`);
    }
    const app = new App(page, source, host, index);
    const keys = /** @param {Event} event */ (event) => {
      if (app.panes.length && pressed(app, /** @type {KeyboardEvent} */ (event))) event.preventDefault();
    };
    const target = host.page ? element.ownerDocument : element;
    target.addEventListener("keydown", keys);
    let [width, height] = [0, 0];
    const watcher = new ResizeObserver(() => {
      if (page.clientWidth === width && page.clientHeight === height) return;
      [width, height] = [page.clientWidth, page.clientHeight];
      app.settle();
    });
    watcher.observe(page);
    const unwatch = watchTheme(element, (theme) => followTheme(app, theme));
    await app.start();
    const viewer = {
      app,
      close() {
        watcher.disconnect();
        unwatch();
        target.removeEventListener("keydown", keys);
        app.steps.stop();
        root.replaceChildren();
      },
    };
    Object.assign(element, { viewer });
    return viewer;
  } catch (error) {
    page.replaceChildren(el("p", { class: "message", role: "alert", text: messageOf(error) }));
    return { app: null, close: () => root.replaceChildren() };
  }
}
