/** What the buttons and keys do beyond a change of the state. */

import { cellValues } from "./answer.js";
import { csvOf, fileName, pngOf, svgOf } from "./views/save.js";
import { linkOf } from "./state.js";
import { patchQuery } from "./values/query.js";
import { readTheme } from "./views/theme.js";

/** @typedef {import("./app.js").App} App */

/** Two side by side, or one alone. @param {App} app */
export function compare(app) {
  const [subject] = app.state.subjects;
  const other = app.catalogue.other(app.entry) ?? app.entry;
  const methods = app.panes[0]?.recording.facts.maps.length;
  const second = other === app.entry && methods ? { id: other.id, show: /** @type {const} */ ("map:0") } : { id: other.id, show: subject.show };
  app.state.subjects = app.state.subjects.length > 1 ? [subject] : [subject, second];
  return app.openSubjects();
}

/** Keeps the patch in the middle. @param {App} app */
export function keepMiddle(app) {
  const grid = app.grid();
  if (grid && app.state.query?.kind !== "patch") app.set({ query: patchQuery(grid, grid[0] >> 1, grid[1] >> 1) });
}

/** @param {App} app */
export function turnTheme(app) {
  app.state.theme = app.theme.dark ? "light" : "dark";
  app.host.store?.("theme", app.state.theme);
  wear(app, app.state.theme);
}

/** The page around has turned: so does the viewer, whatever was chosen before. @param {App} app @param {"dark" | "light"} theme */
export function followTheme(app, theme) {
  if (app.page.dataset.theme === theme) return;
  app.state.theme = "";
  app.host.store?.("theme", "");
  wear(app, theme);
}

/** @param {App} app @param {"dark" | "light"} theme */
function wear(app, theme) {
  app.page.dataset.theme = theme;
  app.host.theme?.(theme);
  app.theme = readTheme(app.page);
  app.settle();
}

/** @param {App} app */
export async function copyLink(app) {
  const link = linkOf(app.state);
  app.host.link?.(link);
  try {
    await app.host.copy?.(`${globalThis.location.href.split("#")[0]}#${link}`);
    app.say("The link to this view is copied.");
  } catch {
    app.say(app.host.link ? "The link to this view is in the address bar." : "This page may not write to the clipboard.");
  }
}

/** @param {App} app @param {"png" | "svg" | "csv"} kind */
export async function save(app, kind) {
  const [pane] = app.panes;
  const dark = app.theme.dark;
  const name = fileName(pane, kind);
  if (kind === "png") app.host.save?.(name, await pngOf(app.panes, dark));
  else if (kind === "svg") app.host.save?.(name, svgOf(pane, app.state));
  else app.host.save?.(name, new Blob([csvOf(pane, cellValues(pane.answer, pane.layer, pane.row))], { type: "text/csv" }));
  app.say(app.host.save ? `Saved ${name}.` : "This page may not save files.");
}
