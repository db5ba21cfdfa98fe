/** The grid: every layer a column, every head a row, all heads and rollout below. */

import { cellValues, rolloutBar } from "../answer.js";
import { contextOf, el, sized } from "../dom.js";
import { colourTable, greatest } from "../values/colours.js";
import { cellAt, cellCorner } from "../values/layout.js";
import { paintTile, patchOfPixel, wipeTile } from "../values/mosaic.js";
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

/** Pixels of the page around the maps that belong to their picture: the frame of a cell stands there. */
const EDGE = 4;

export class HeadsView {
  constructor() {
    this.canvas = el("canvas", { tabindex: "0", role: "application", "aria-roledescription": "grid of maps", "aria-label": "Maps by layer and head. Arrow keys choose the layer and the head." });
    /** Kept in memory: pixels are written, not drawn. */
    this.context = contextOf(this.canvas, true);
    /** @type {ImageData | null} */
    this.pixels = null;
    /** @type {import("../values/layout.js").GridLayout | null} */
    this.layout = null;
    this.ratio = 1;
    this.words = "";
    /** What the pixels show. @type {import("../answer.js").Answer | null} */
    this.answer = null;
    this.paintOf = "";
    /** Cells without values. @type {[number, number][]} */
    this.empty = [];
    /** @type {Map<number, import("../values/mosaic.js").Tile>} */
    this.tiles = new Map();
  }

  /** @param {import("../values/layout.js").GridLayout} layout */
  resize(layout) {
    this.layout = layout;
    sized(this.canvas, layout.width + EDGE, layout.height + EDGE);
    this.ratio = globalThis.devicePixelRatio || 1;
    const { width, height } = this.canvas;
    this.pixels = this.context.createImageData(width - this.edge(layout.left), height - this.edge(layout.top));
    this.tiles.clear();
    this.words = "";
    this.answer = null;
  }

  /** The first pixel of the maps' picture. @param {number} side of the first cell */
  edge(side) {
    return Math.floor((side - EDGE) * this.ratio);
  }

  /** @param {{clientX: number, clientY: number}} event @returns {[number, number] | null} */
  cellAt(event) {
    const box = this.canvas.getBoundingClientRect();
    return this.layout && cellAt(this.layout, event.clientX - box.left, event.clientY - box.top);
  }

  /**
   * @param {import("../pane.js").Pane} pane @param {import("../types.js").State} state
   * @param {[number, number] | null} peek @param {import("./theme.js").Theme} theme
   */
  draw(pane, state, peek, theme) {
    const { layout, pixels, context } = this;
    if (!layout || !pixels) return;
    this.labels(pane, state, theme);
    const { answer } = pane;
    const key = `${answer.rolled} ${state.scale} ${pane.shared} ${state.colours}`;
    if (answer !== this.answer || key !== this.paintOf) this.empty = this.paint(layout, pixels, answer, state, pane.shared);
    [this.answer, this.paintOf] = [answer, key];
    context.putImageData(pixels, this.edge(layout.left), this.edge(layout.top));
    for (const [layer, row] of this.empty) this.nothing(context, ...cellCorner(layout, layer, row), pane, layer, row, theme);
    if (peek && !(peek[0] === pane.layer && peek[1] === rowNumber(pane.row, layout.heads))) this.frame(context, peek[0], peek[1], theme.soft, 1.5);
    this.frame(context, pane.layer, rowNumber(pane.row, layout.heads), theme.accent, 2.5);
  }

  /**
   * @param {import("../values/layout.js").GridLayout} layout @param {ImageData} pixels @param {import("../answer.js").Answer} answer
   * @param {import("../types.js").State} state @param {number} shared the top of all heads, 0 where each map has its own
   * @returns {[number, number][]} cells without values
   */
  paint(layout, pixels, answer, state, shared) {
    const out = new Uint32Array(pixels.data.buffer);
    const table = colourTable(state.colours);
    /** @type {[number, number][]} */
    const empty = [];
    for (let layer = 0; layer < layout.columns; layer++) {
      const { tokens } = answer.layers[layer];
      const [from, to] = spanOf(tokens);
      for (let row = 0; row < layout.rows; row++) {
        const name = rowAt(row, layout.heads);
        const values = cellValues(answer, layer, name);
        const tile = this.tile(layout, pixels.width, layer, row, gridOf(tokens));
        if (values) paintTile(values, from, to, shared && name !== "rollout" ? shared : greatest(values, from, to), state.scale, table, out, tile);
        else {
          wipeTile(out, tile);
          empty.push([layer, row]);
        }
      }
    }
    return empty;
  }

  /** @param {import("../values/layout.js").GridLayout} layout @param {number} stride @param {number} layer @param {number} row @param {[number, number]} grid */
  tile(layout, stride, layer, row, grid) {
    const key = layer * 1000 + row;
    const known = this.tiles.get(key);
    if (known && known.grid[0] === grid[0] && known.grid[1] === grid[1]) return known;
    const [x, y] = cellCorner(layout, layer, row);
    const [left, top] = [Math.round(x * this.ratio), Math.round(y * this.ratio)];
    const [wide, high] = [Math.round((x + layout.cell[0]) * this.ratio) - left, Math.round((y + layout.cell[1]) * this.ratio) - top];
    const made = { grid, across: patchOfPixel(grid[1], wide), down: patchOfPixel(grid[0], high), corner: (top - this.edge(layout.top)) * stride + left - this.edge(layout.left), stride };
    this.tiles.set(key, made);
    return made;
  }

  /** Names of layers and heads, where they changed. @param {import("../pane.js").Pane} pane @param {import("../types.js").State} state @param {import("./theme.js").Theme} theme */
  labels(pane, state, theme) {
    const layout = /** @type {import("../values/layout.js").GridLayout} */ (this.layout);
    const { context } = this;
    const chosen = rowNumber(pane.row, layout.heads);
    const words = `${pane.layer} ${chosen} ${state.fusion} ${theme.dark}`;
    if (words === this.words) return;
    this.words = words;
    context.clearRect(0, 0, layout.width + EDGE, layout.height + EDGE);
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
    for (const values of layer.each) top = Math.max(top, greatest(values, from, to));
  }
  return top;
}
