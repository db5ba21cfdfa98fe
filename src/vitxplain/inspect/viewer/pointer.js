/** Hovering and clicking, by one listener for all canvases. */

import { cellValues } from "./answer.js";
import { write } from "./dom.js";
import { greatest } from "./values/colours.js";
import { cellOf, patchQuery, placeName, sameQuery, spanOf } from "./values/query.js";
import { capital, percent, rowName } from "./values/words.js";
import { distancesOf } from "./views/charts.js";
import { rowAt } from "./views/heads.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./pane.js").Pane} Pane */
/** @typedef {{clientX: number, clientY: number}} Point */

/** @param {App} app */
export function listen(app) {
  app.body.addEventListener("pointermove", (event) => move(app, event));
  app.body.addEventListener("pointerleave", () => leave(app));
  app.body.addEventListener("click", (event) => click(app, event));
}

/** @param {App} app @param {EventTarget | null} target @returns {[Pane, "photo" | "heads" | "charts"] | null} */
function under(app, target) {
  for (const pane of app.panes) {
    for (const part of /** @type {const} */ (["photo", "heads", "charts"])) if (target === pane[part].canvas) return [pane, part];
  }
  return null;
}

/** @param {App} app @param {PointerEvent} event */
function move(app, event) {
  const place = under(app, event.target);
  app.pointer = place && { clientX: event.clientX, clientY: event.clientY };
  const [pane, part] = place ?? [null, ""];
  setHover(app, pane && part === "photo" ? hoverOf(app, pane, event) : undefined);
  setPeek(app, pane && part === "heads" && pane === app.panes[0] ? pane.heads.cellAt(event) : null);
  if (!app.frame) tell(app); // else it comes with what is drawn next
}

/**
 * What stands beside the resting pointer, and the mark at the bar of the map below it; after whatever was drawn.
 * @param {App} app
 */
export function tell(app) {
  const { pointer } = app;
  const target = pointer && app.hover === undefined ? /** @type {ShadowRoot} */ (app.page.getRootNode()).elementFromPoint(pointer.clientX, pointer.clientY) : null;
  const place = under(app, target);
  let text = pointer && place && tipOf(app, place[0], place[1], pointer);
  for (const pane of app.panes) {
    const value = pointer && place?.[0] === pane && place[1] === "photo" ? valueAt(pane, pointer) : null;
    pane.photo.point(pane.map, value && value.number, app.state);
    if (value) text = value.text;
  }
  tip(app, pointer, text);
}

/** @param {App} app @param {Pane} pane @param {"photo" | "heads" | "charts"} part @param {Point} pointer */
function tipOf(app, pane, part, pointer) {
  if (part === "heads") {
    const cell = pane.heads.cellAt(pointer);
    return cell && cellTip(app, pane, cell);
  }
  if (part === "photo") return null;
  const dot = pane.charts.dotAt(pointer);
  pane.charts.canvas.style.cursor = dot ? "pointer" : "default";
  if (!dot) return null;
  const even = pane.recording.facts.even_distance;
  const rule = even === null ? "" : `; ${dot.far ? "far" : "near"}: ${dot.far ? "at least" : "under"} half of the ${even.toFixed(0)} of attention that goes everywhere alike`;
  return `${capital(pane.recording.facts.layers[dot.layer].title)}, head ${dot.head + 1}: looks ${dot.value.toFixed(0)} pixels far${rule}`;
}

/** @param {App} app @param {Pane} pane @param {[number, number]} cell */
function cellTip(app, pane, [layer, row]) {
  const name = rowAt(row, pane.headCount);
  const values = cellValues(pane.answer, layer, name);
  const title = pane.recording.facts.layers[layer].title || `layer ${layer + 1}`;
  const head = rowName(name, app.state.fusion);
  if (!values) return `${capital(title)}, ${head}: ${pane.answer.layers[layer].why || "nothing to show"}`;
  const distances = typeof name === "number" ? distancesOf(pane.recording) : null;
  const distance = distances ? distances[layer * pane.recording.statisticHeads + Number(name)] : NaN;
  const far = Number.isFinite(distance) ? `, looks ${distance.toFixed(0)} px far` : "";
  return `${capital(title)}, ${head}: up to ${percent(greatest(values, ...spanOf(pane.answer.layers[layer].tokens)))}${far}`;
}

/** The patch that moving asks; none where one is kept. @param {App} app @param {Pane} pane @param {PointerEvent} event */
function hoverOf(app, pane, event) {
  const share = pane.photo.shareAt(event, pane.recording);
  const grid = app.grid();
  const asks = app.state.query === null && event.pointerType !== "touch" && (pane.subject.show === "attention" || pane.subject.show === "positions");
  return asks && share && grid ? patchQuery(grid, cellOf(share.y, grid[0]), cellOf(share.x, grid[1])) : undefined;
}

/** The value under the pointer. @param {Pane} pane @param {Point} pointer */
function valueAt(pane, pointer) {
  const { map } = pane;
  if (!map) return null;
  const [x, y] = pane.photo.pixelAt(pointer);
  const [left, top, right, bottom] = map.box;
  const column = Math.floor(((x - left) / (right - left)) * map.grid[1]);
  const row = Math.floor(((y - top) / (bottom - top)) * map.grid[0]);
  if (row < 0 || column < 0 || row >= map.grid[0] || column >= map.grid[1]) return null;
  const number = map.values[row * map.grid[1] + column];
  return { number, text: `${capital(placeName(map.noun, row, column))}: ${map.word(number)}` };
}

/** @param {App} app @param {import("./types.js").Query | undefined} query */
function setHover(app, query) {
  if (query === undefined ? app.hover === undefined : app.hover !== undefined && sameQuery(query, app.hover)) return;
  app.hover = query;
  app.later();
}

/** @param {App} app @param {[number, number] | null} cell */
function setPeek(app, cell) {
  if (String(cell) === String(app.peek)) return;
  app.peek = cell;
  app.later();
}

/** @param {App} app */
function leave(app) {
  app.pointer = null;
  setHover(app, undefined);
  setPeek(app, null);
  tell(app);
}

/** @param {App} app @param {Point | null} pointer @param {string | null | undefined | false} text */
function tip(app, pointer, text) {
  app.tip.style.display = pointer && text ? "block" : "none";
  if (!pointer || !text) return;
  write(app.tip, text);
  const page = app.page.getBoundingClientRect();
  const x = Math.min(page.width - app.tip.offsetWidth - 8, pointer.clientX - page.left + 14);
  const y = pointer.clientY - page.top + 18;
  app.tip.style.left = `${Math.max(4, x)}px`;
  app.tip.style.top = `${y + 30 > page.height ? y - 50 : y}px`;
}

/** @param {App} app @param {MouseEvent} event */
function click(app, event) {
  const place = under(app, event.target);
  if (!place) return;
  const [pane, part] = place;
  if (part === "photo") return clickPhoto(app, pane, event);
  if (part === "heads") {
    const cell = pane.heads.cellAt(event);
    if (cell) open(app, pane, cell[0], rowAt(cell[1], pane.headCount));
    return;
  }
  const dot = pane.charts.dotAt(event);
  if (dot) open(app, pane, dot.layer, dot.head);
}

/** @param {App} app @param {Pane} pane @param {number} layer @param {number | "all" | "rollout"} row */
function open(app, pane, layer, row) {
  const [own, first] = [pane.recording.facts.layers.length, app.panes[0].recording.facts.layers.length];
  app.set({ layer: own === first ? layer : Math.round((layer * (first - 1)) / Math.max(1, own - 1)), row });
  const number = app.panes.indexOf(pane);
  if (pane.subject.show !== "attention") app.show(number, "attention");
}

/** @param {App} app @param {Pane} pane @param {MouseEvent} event */
function clickPhoto(app, pane, event) {
  const [x, y] = pane.photo.pixelAt(event);
  const inside = (pane.recording.facts.found ?? []).filter((finding) => typeof finding.query === "number" && x >= finding.box[0] && y >= finding.box[1] && x < finding.box[2] && y < finding.box[3]);
  const size = (/** @type {import("./types.js").Finding} */ finding) => (finding.box[2] - finding.box[0]) * (finding.box[3] - finding.box[1]);
  const [finding] = inside.sort((a, b) => size(a) - size(b));
  if (finding && app.panes[0].recording.facts.layers[app.panes[0].layer].queries.kind === "object queries") {
    const query = /** @type {const} */ ({ kind: "item", of: "object queries", index: finding.query ?? 0 });
    return app.set({ query: sameQuery(query, app.state.query) ? null : query });
  }
  const share = pane.photo.shareAt(event, pane.recording);
  const grid = app.grid();
  if (!share || !grid) return undefined;
  const query = patchQuery(grid, cellOf(share.y, grid[0]), cellOf(share.x, grid[1]));
  return app.set({ query: sameQuery(query, app.state.query) ? null : query });
}
