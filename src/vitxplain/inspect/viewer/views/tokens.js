/** Tokens that have no place in the picture (words, object queries, latents): a tile each. */

import { el } from "../dom.js";
import { colourTable, entryOf, greatest } from "../values/colours.js";
import { capital, percent } from "../values/words.js";
import { singular } from "../values/query.js";

/** More tiles than this are of no use, and slow. */
const MOST = 400;

export class TokensView {
  constructor() {
    this.element = el("div", { class: "tokens", role: "list", hidden: true });
    this.shape = "";
  }

  /** @param {import("../types.js").Tokens | null} tokens @param {Float32Array | null} values @param {import("../types.js").State} state */
  draw(tokens, values, state) {
    this.element.hidden = !tokens || !values;
    if (!tokens || !values) return;
    const count = Math.min(MOST, values.length);
    const prefix = tokens.prefix.length;
    const shape = JSON.stringify([tokens, count]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.element.setAttribute("aria-label", capital(tokens.kind));
      this.element.replaceChildren(
        ...Array.from({ length: count }, (_, place) => el("span", { role: "listitem", text: place < prefix ? tokens.prefix[place] : (tokens.names?.[place - prefix] ?? String(place - prefix + 1)) })),
      );
    }
    const top = greatest(values, prefix);
    const table = colourTable(state.colours);
    for (let place = 0; place < count; place++) {
      const tile = /** @type {HTMLElement} */ (this.element.children[place]);
      const colour = table[entryOf(values[place], top, state.scale, false)];
      const [red, green, blue] = [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];
      tile.style.background = `rgb(${red}, ${green}, ${blue})`;
      tile.style.color = 0.3 * red + 0.59 * green + 0.11 * blue > 120 ? "#000" : "#fff";
      tile.title = `${singular(tokens.kind)} ${tile.textContent}: ${percent(values[place])}`;
    }
  }
}
