/** One head over every recorded image, in a row: the way to see that a head always goes from eye to eye. */

import { askLayer, rollOne } from "../answer.js";
import { contextOf, el } from "../dom.js";
import { colourTable, entryOf, greatest } from "../values/colours.js";
import { fit } from "../values/layout.js";
import { spanOf } from "../values/query.js";
import { capital } from "../values/words.js";
import { ask, cellValues } from "../answer.js";

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
      heading.replaceChildren(`${capital(layer.title || `layer ${pane.layer + 1}`)}, ${pane.rowName}, on every image`);
      recordings.forEach((recording, place) => {
        const button = row.children[place];
        button.setAttribute("aria-current", String(recording.id === pane.recording.id));
        drawOne(/** @type {HTMLCanvasElement} */ (button.firstChild), recording, recording.id === pane.recording.id ? pane : null, pane.layer, pane.row, state, query);
      });
    },
  };
}

/**
 * @param {HTMLCanvasElement} canvas @param {import("../recording.js").Recording} recording @param {import("../pane.js").Pane | null} pane
 * @param {number} layer @param {number | "all" | "rollout"} row @param {import("../types.js").State} state @param {import("../types.js").Query} query
 */
function drawOne(canvas, recording, pane, layer, row, state, query) {
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
  if (!facts.layers[layer]) return;
  const answer = pane ? pane.answer : row === "rollout" ? ask(recording, query, state.direction, state.fusion) : null;
  if (!pane && answer && row === "rollout") rollOne(recording, answer, layer);
  const own = answer ? answer.layers[layer] : askLayer(recording, layer, query, state.direction, state.fusion);
  const values = answer ? cellValues(answer, layer, row) : cellValues({ layers: [own] }, 0, row);
  if (!values || !own.tokens.grid) return;
  const [prefix, end] = spanOf(own.tokens);
  const [rows, columns] = own.tokens.grid;
  const top = greatest(values, prefix, end);
  const table = colourTable(state.colours);
  const heat = document.createElement("canvas");
  heat.width = columns;
  heat.height = rows;
  const pixels = contextOf(heat).createImageData(columns, rows);
  const out = new Uint32Array(pixels.data.buffer);
  for (let place = 0; place < out.length; place++) {
    const entry = entryOf(values[prefix + place], top, state.scale, false);
    out[place] = (table[entry] & 0xffffff) | (Math.round(235 * Math.min(1, 1.25 * Math.sqrt(entry / 255))) << 24);
  }
  contextOf(heat).putImageData(pixels, 0, 0);
  const [left, up, right, down] = facts.seen.map((edge) => (edge * wide) / facts.picture.width);
  context.imageSmoothingEnabled = true;
  context.drawImage(heat, left, up, right - left, down - up);
}
