/** What a screen reader hears: the sentence, and a table of the greatest patches. Both wait until the hand rests. */

import { el } from "../dom.js";
import { cellValues } from "../answer.js";
import { placeName, singular } from "../values/query.js";
import { spoken } from "../values/sentence.js";
import { capital } from "../values/words.js";

/** Milliseconds of rest. */
const REST = 400;

export function makeSpoken() {
  const live = el("p", { class: "aside", "aria-live": "polite" });
  const body = el("tbody", {});
  const table = el("table", { class: "aside" }, el("caption", { text: "The ten greatest values" }), el("thead", {}, el("tr", {}, el("th", { scope: "col", text: "Place" }), el("th", { scope: "col", text: "Value" }))), body);
  let timer = 0;
  let last = "";
  return {
    live,
    table,
    /** @param {import("../pane.js").Pane} pane */
    update(pane) {
      clearTimeout(timer);
      timer = Number(setTimeout(() => {
        const text = spoken(pane.sentence);
        if (text === last) return;
        last = text;
        live.textContent = text;
        body.replaceChildren(...greatestRows(pane).map(([name, value]) => el("tr", {}, el("td", { text: name }), el("td", { text: value }))));
      }, REST));
    },
  };
}

/** @param {import("../pane.js").Pane} pane @returns {[string, string][]} */
function greatestRows(pane) {
  const { map } = pane;
  if (map) {
    const order = [...map.values.keys()].sort((a, b) => Math.abs(map.values[b]) - Math.abs(map.values[a])).slice(0, 10);
    return order.map((place) => [capital(placeName(map.noun, Math.floor(place / map.grid[1]), place % map.grid[1])), map.word(map.values[place])]);
  }
  const values = cellValues(pane.answer, pane.layer, pane.row);
  if (!values) return [];
  const { tokens } = pane.answer.layers[pane.layer];
  const prefix = tokens.prefix.length;
  const order = [...values.keys()].slice(prefix).sort((a, b) => values[b] - values[a]).slice(0, 10);
  return order.map((place) => [tokens.names?.[place - prefix] ?? `${capital(singular(tokens.kind))} ${place - prefix + 1}`, `${(100 * values[place]).toFixed(2)} %`]);
}
