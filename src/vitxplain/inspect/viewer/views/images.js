/** One head over every recorded image, in a row: the way to see that a head always goes from eye to eye. */

import { ask, askLayer, cellValues, rollOne } from "../answer.js";
import { contextOf, el } from "../dom.js";
import { colourTable, entryOf, greatest } from "../values/colours.js";
import { fit } from "../values/layout.js";
import { spanOf } from "../values/query.js";
import { capital, percent } from "../values/words.js";

/** Images in the row. */
export const MOST = 8;

/** @param {(id: string) => void} open */
export function makeImages(open) {
  const heading = el("h2", {});
  const row = el("div", { class: "images" });
  const element = el("section", { class: "everywhere", "aria-label": "This head on every image", hidden: true }, heading, row);
  let key = "";
  return {
    element,
    /** Keeps the room of so many images until they came. @param {number} count */
    reserve(count) {
      element.hidden = count < 2;
      if (key || count < 2) return;
      heading.replaceChildren("On every image");
      row.replaceChildren(...Array.from({ length: count }, () => el("button", { type: "button", disabled: true, "aria-label": "loading" }, el("canvas", { width: 100, height: 66, "aria-hidden": "true" }))));
    },
    /**
     * @param {import("../recording.js").Recording[]} recordings @param {import("../pane.js").Pane} pane
     * @param {import("../types.js").State} state @param {import("../types.js").Query} query
     */
    draw(recordings, pane, state, query) {
      element.hidden = recordings.length < 2 || pane.subject.show !== "attention";
      if (element.hidden) return;
      const ids = JSON.stringify(recordings.map((recording) => recording.id));
      if (ids !== key) {
        key = ids;
        row.replaceChildren(...recordings.map((recording) => el("button", { type: "button", title: recording.facts.name, "aria-label": `${recording.facts.name} with this head`, onclick: () => open(recording.id) }, el("canvas", { "aria-hidden": "true" }))));
      }
      const layer = pane.recording.facts.layers[pane.layer];
      const cells = recordings.map((recording) => cellOf(recording, pane, state, query));
      // Of a head on its own scale so is each picture; else one colour is one value in all of them.
      const shared = state.scale === "map" ? 0 : Math.max(pane.row === "rollout" ? 0 : pane.shared, ...cells.map((cell) => cell?.top ?? 0));
      const scale = shared ? `one scale up to ${percent(shared)}` : "each on its own scale";
      heading.replaceChildren(el("span", {}, `${capital(layer.title || `layer ${pane.layer + 1}`)}, ${pane.rowName}, on every image `, el("small", { text: scale })));
      recordings.forEach((recording, place) => {
        const button = row.children[place];
        button.setAttribute("aria-current", String(recording.id === pane.recording.id));
        drawOne(/** @type {HTMLCanvasElement} */ (button.firstChild), recording, cells[place], shared, state);
      });
    },
  };
}

/**
 * What a cell of the grid shows on one of the images, and its greatest value; null where there is nothing.
 * @typedef {{values: Float32Array, grid: [number, number], top: number}} Cell
 * @param {import("../recording.js").Recording} recording @param {import("../pane.js").Pane} pane
 * @param {import("../types.js").State} state @param {import("../types.js").Query} query @returns {Cell | null}
 */
function cellOf(recording, pane, state, query) {
  const { layer, row } = pane;
  if (!recording.facts.layers[layer]) return null;
  const answer = recording.id === pane.recording.id ? pane.answer : row === "rollout" ? ask(recording, query, state.direction, state.fusion) : null;
  if (answer && answer !== pane.answer) rollOne(recording, answer, layer);
  const own = answer ? answer.layers[layer] : askLayer(recording, layer, query, state.direction, state.fusion);
  const values = cellValues({ layers: [own] }, 0, row);
  if (!values || !own.tokens.grid) return null;
  // A copy: the room of an answer is used again, where two entries are one recording as well.
  const seen = values.slice(...spanOf(own.tokens));
  return { values: seen, grid: own.tokens.grid, top: greatest(seen) };
}

/**
 * @param {HTMLCanvasElement} canvas @param {import("../recording.js").Recording} recording @param {Cell | null} cell
 * @param {number} shared the top of all pictures, 0 where each has its own @param {import("../types.js").State} state
 */
function drawOne(canvas, recording, cell, shared, state) {
  const { facts, image } = recording;
  const [wide, high] = fit(facts.picture.width, facts.picture.height, 220, 132);
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const context = contextOf(canvas);
  context.globalAlpha = 1;
  context.clearRect(0, 0, wide, high);
  if (image) context.drawImage(image, 0, 0, wide, high);
  context.fillStyle = "rgba(0, 0, 0, .55)";
  context.fillRect(0, 0, wide, high);
  if (!cell) return;
  const { values, grid: [rows, columns] } = cell;
  const table = colourTable(state.colours);
  const heat = document.createElement("canvas");
  heat.width = columns;
  heat.height = rows;
  const pixels = contextOf(heat).createImageData(columns, rows);
  const out = new Uint32Array(pixels.data.buffer);
  for (let place = 0; place < out.length; place++) {
    const entry = entryOf(values[place], shared || cell.top, state.scale, false);
    out[place] = (table[entry] & 0xffffff) | (Math.round(235 * Math.min(1, 1.25 * Math.sqrt(entry / 255))) << 24);
  }
  contextOf(heat).putImageData(pixels, 0, 0);
  const [left, up, right, down] = facts.seen.map((edge) => (edge * wide) / facts.picture.width);
  context.imageSmoothingEnabled = true;
  context.drawImage(heat, left, up, right - left, down - up);
}
