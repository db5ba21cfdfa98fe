/** The grid: every layer a column, every head a row, all heads and rollout below. */

import { cellValues, rolloutBar } from "../answer.js";
import { contextOf, el, sized } from "../dom.js";
import { colourTable, greatest, paintMap } from "../values/colours.js";
import { cellAt, cellCorner } from "../values/layout.js";
import { spanOf } from "../values/query.js";

/** @typedef {import("../types.js").Tokens} Tokens */

/**
 * Rows and columns in which tokens are drawn: their grid, else as near a square as goes.
 * @param {Tokens} tokens @returns {[number, number]}
 */
export function gridOf(tokens) {
  if (tokens.grid) return tokens.grid;
  const count = Math.max(1, tokens.count - tokens.prefix.length);
  const columns = Math.ceil(Math.sqrt(count));
  return [Math.ceil(count / columns), columns];
}

/** @param {number} row as drawn @param {number} heads @returns {number | "all" | "rollout"} */
export function rowAt(row, heads) {
  return row < heads ? row : row === heads ? "all" : "rollout";
}

/** @param {number | "all" | "rollout"} row @param {number} heads */
export function rowNumber(row, heads) {
  return row === "all" ? heads : row === "rollout" ? heads + 1 : Math.min(row, heads - 1);
}

export class HeadsView {
  constructor() {
    this.canvas = el("canvas", { tabindex: "0", role: "application", "aria-roledescription": "grid of maps", "aria-label": "Maps by layer and head. Arrow keys choose the layer and the head." });
    this.atlas = document.createElement("canvas");
    /** @type {ImageData | null} */
    this.pixels = null;
    /** @type {import("../values/layout.js").GridLayout | null} */
    this.layout = null;
  }

  /** @param {import("../pane.js").Pane} pane @param {import("../values/layout.js").GridLayout} layout */
  resize(pane, layout) {
    this.layout = layout;
    sized(this.canvas, layout.width + 3, layout.height);
    const grids = pane.recording.facts.layers.flatMap((layer) => [gridOf(layer.keys), gridOf(layer.queries)]);
    this.block = /** @type {[number, number]} */ ([Math.max(...grids.map((g) => g[0])), Math.max(...grids.map((g) => g[1]))]);
    this.atlas.width = this.block[1] * layout.columns;
    this.atlas.height = this.block[0] * layout.rows;
    this.pixels = contextOf(this.atlas).createImageData(this.atlas.width, this.atlas.height);
  }

  /** @param {MouseEvent} event @returns {[number, number] | null} */
  cellAt(event) {
    const box = this.canvas.getBoundingClientRect();
    return this.layout && cellAt(this.layout, event.clientX - box.left, event.clientY - box.top);
  }

  /**
   * @param {import("../pane.js").Pane} pane @param {import("../types.js").State} state
   * @param {[number, number] | null} peek @param {import("./theme.js").Theme} theme
   */
  draw(pane, state, peek, theme) {
    const { layout, pixels, block, atlas } = this;
    if (!layout || !pixels || !block) return;
    const { answer } = pane;
    const context = sized(this.canvas, layout.width + 3, layout.height);
    context.clearRect(0, 0, layout.width + 3, layout.height);
    const out = new Uint32Array(pixels.data.buffer);
    const table = colourTable(state.colours);
    const shared = state.scale === "all" ? greatestOfHeads(answer) : 0;
    /** @type {Set<number>} */
    const empty = new Set();
    for (let row = 0; row < layout.rows; row++) {
      const name = rowAt(row, layout.heads);
      for (let layer = 0; layer < layout.columns; layer++) {
        const values = cellValues(answer, layer, name);
        if (!values) {
          empty.add(row * layout.columns + layer);
          continue;
        }
        const tokens = answer.layers[layer].tokens;
        const [prefix, end] = spanOf(tokens);
        const [, columns] = gridOf(tokens);
        const top = shared && name !== "rollout" ? shared : greatest(values, prefix, end);
        const corner = row * block[0] * atlas.width + layer * block[1];
        paintMap(values, prefix, end, columns, top, state.scale, table, out, corner, atlas.width);
      }
    }
    contextOf(atlas).putImageData(pixels, 0, 0);
    this.labels(context, pane, state, theme);
    context.imageSmoothingEnabled = false;
    for (let row = 0; row < layout.rows; row++) {
      for (let layer = 0; layer < layout.columns; layer++) {
        const [x, y] = cellCorner(layout, layer, row);
        const [wide, high] = layout.cell;
        if (empty.has(row * layout.columns + layer)) {
          this.nothing(context, x, y, pane, layer, row, theme);
          continue;
        }
        const [rows, columns] = gridOf(answer.layers[layer].tokens);
        context.drawImage(atlas, layer * block[1], row * block[0], columns, rows, x, y, wide, high);
      }
    }
    if (peek && !(peek[0] === pane.layer && peek[1] === rowNumber(pane.row, layout.heads))) this.frame(context, peek[0], peek[1], theme.soft, 1.5);
    this.frame(context, pane.layer, rowNumber(pane.row, layout.heads), theme.accent, 2.5);
  }

  /** @param {CanvasRenderingContext2D} context @param {import("../pane.js").Pane} pane @param {import("../types.js").State} state @param {import("./theme.js").Theme} theme */
  labels(context, pane, state, theme) {
    const layout = /** @type {import("../values/layout.js").GridLayout} */ (this.layout);
    const chosen = rowNumber(pane.row, layout.heads);
    const [wide, high] = layout.cell;
    const every = Math.max(1, Math.ceil(17 / (wide + layout.gap)));
    context.textBaseline = "alphabetic";
    for (let layer = 0; layer < layout.columns; layer++) {
      if (layer !== pane.layer && (layer % every !== 0 || Math.abs(layer - pane.layer) < (every > 1 ? every : 0))) continue;
      const [x] = cellCorner(layout, layer, 0);
      context.font = layer === pane.layer ? theme.strong : theme.small;
      context.textAlign = "center";
      context.fillStyle = layer === pane.layer ? theme.accent : theme.soft;
      context.fillText(String(layer + 1), x + wide / 2, 12);
    }
    context.textAlign = "left";
    context.font = theme.small;
    context.fillStyle = theme.soft;
    context.fillText("Layer", 0, 12);
    context.textBaseline = "middle";
    const step = Math.max(1, Math.ceil(13 / (high + layout.gap)));
    for (let row = 0; row < layout.rows; row++) {
      if (row < layout.heads && row !== chosen && row % step !== 0) continue;
      const [, y] = cellCorner(layout, 0, row);
      context.font = row === chosen ? theme.strong : theme.small;
      context.fillStyle = row === chosen ? theme.accent : theme.soft;
      const fused = { mean: "All heads", min: "Minimum", max: "Maximum" }[state.fusion];
      context.fillText(row < layout.heads ? `Head ${row + 1}` : row === layout.heads ? fused : "Rollout", 0, y + high / 2);
    }
    context.textBaseline = "alphabetic";
  }

  /**
   * A cell without values: a plain tile with a stroke; it fills when the layer came.
   * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {import("../pane.js").Pane} pane
   * @param {number} layer @param {number} row @param {import("./theme.js").Theme} theme
   */
  nothing(context, x, y, pane, layer, row, theme) {
    const layout = /** @type {import("../values/layout.js").GridLayout} */ (this.layout);
    const [wide, high] = layout.cell;
    if (row < layout.heads && row >= pane.answer.layers[layer].heads) return;
    const why = row > layout.heads ? rolloutBar(pane.recording, pane.answer, layer) : pane.answer.layers[layer].why;
    context.fillStyle = theme.line;
    context.globalAlpha = why === "loading" || !why ? 0.8 : 0.45;
    context.fillRect(x, y, wide, high);
    context.globalAlpha = 1;
    context.fillStyle = theme.soft;
    if (why === "loading" || !why) for (const dot of [-1, 0, 1]) context.fillRect(x + wide / 2 + 5 * dot - 1, y + high / 2 - 1, 2, 2);
    else context.fillRect(x + wide / 2 - 4, y + high / 2 - 0.5, 8, 1);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} layer @param {number} row @param {string} colour @param {number} width */
  frame(context, layer, row, colour, width) {
    const layout = /** @type {import("../values/layout.js").GridLayout} */ (this.layout);
    const [x, y] = cellCorner(layout, layer, row);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.roundRect(x - 1.5, y - 1.5, layout.cell[0] + 3, layout.cell[1] + 3, 3);
    context.stroke();
  }
}

/** @param {import("../answer.js").Answer} answer */
export function greatestOfHeads(answer) {
  let top = 0;
  for (const layer of answer.layers) {
    if (layer.why) continue;
    const [from, to] = spanOf(layer.tokens);
    for (let head = 0; head < layer.heads; head++) {
      top = Math.max(top, greatest(layer.values.subarray(head * layer.count, (head + 1) * layer.count), from, to));
    }
  }
  return top;
}
