/** The keyboard. */

import { compare, copyLink, save, turnTheme } from "./actions.js";
import { movedQuery } from "./values/query.js";
import { TABLES } from "./values/colours.js";
import { rowAt, rowNumber } from "./views/heads.js";
import { shownLayers } from "./views/controls.js";

/** @typedef {import("./app.js").App} App */

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @type {Record<string, (app: App) => unknown>} */
const KEYS = {
  c: (app) => app.set({ query: null }),
  Escape: (app) => (app.help.hidden ? app.set({ query: null }) : app.toggleHelp()),
  x: (app) => app.set({ direction: app.state.direction === "to" ? "from" : "to" }),
  " ": (app) => app.steps.toggle(),
  "[": (app) => app.steps.move(-1),
  "]": (app) => app.steps.move(1),
  m: (app) => app.set({ mass: app.state.mass ? 0 : 50 }),
  o: (app) => app.set({ heat: app.state.heat ? 0 : 85 }),
  n: (app) => app.show(0, /** @type {import("./types.js").Shown} */ (after(shownLayers(app.panes[0].recording.facts).map((choice) => choice.value), app.state.subjects[0].show))),
  a: (app) => app.set({ fusion: after(/** @type {import("./types.js").Fusion[]} */ (["mean", "min", "max"]), app.state.fusion) }),
  r: (app) => app.set({ scale: after(/** @type {import("./types.js").Scale[]} */ (["map", "all", "log"]), app.state.scale) }),
  h: (app) => app.set({ colours: after(TABLES, app.state.colours) }),
  k: (app) => compare(app),
  s: (app) => save(app, "png"),
  l: (app) => copyLink(app),
  t: (app) => turnTheme(app),
  "?": (app) => app.toggleHelp(),
};

/** @template T @param {T[]} all @param {T} one */
function after(all, one) {
  return all[(all.indexOf(one) + 1) % all.length];
}

/**
 * Does what a key says.
 * @param {App} app @param {KeyboardEvent} event
 * @returns {boolean} whether the key meant something
 */
export function pressed(app, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.composedPath()[0];
  const name = target instanceof Element ? target.tagName : "";
  if (name === "SELECT" || name === "TEXTAREA" || (name === "INPUT" && event.key !== "Escape")) return false;
  if (name === "BUTTON" && (event.key === " " || event.key === "Enter")) return false;
  const arrow = ARROWS[event.key];
  if (arrow) return moved(app, arrow, event.shiftKey);
  if (/^[1-9]$/.test(event.key)) return openImage(app, Number(event.key) - 1);
  const does = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!does) return false;
  does(app);
  return true;
}

/** @param {App} app @param {[number, number]} arrow @param {boolean} shift */
function moved(app, arrow, shift) {
  const { state } = app;
  const [pane] = app.panes;
  if (shift) {
    const grid = app.grid();
    if (grid) app.set({ query: movedQuery(grid, state.query, arrow[0], arrow[1]) });
    return true;
  }
  const heads = pane.headCount;
  const row = Math.max(0, Math.min(pane.rows - 1, rowNumber(state.row, heads) + arrow[1]));
  const layer = Math.max(0, Math.min(pane.recording.facts.layers.length - 1, state.layer + arrow[0]));
  app.set({ layer, row: rowAt(row, heads) });
  if (state.subjects[0].show !== "attention") app.show(0, "attention");
  return true;
}

/** @param {App} app @param {number} place */
function openImage(app, place) {
  const { entry, catalogue } = app;
  const name = catalogue.names(entry.run)[place];
  const next = name === undefined ? undefined : catalogue.nearest(entry.run, name, entry.step);
  if (next) app.openRecord(next.id);
  return Boolean(next);
}
