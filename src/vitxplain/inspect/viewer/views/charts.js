/** How far each head looks, and where the attention of the query goes, in the columns of the layers. */

import { cellValues } from "../answer.js";
import { contextOf, el, sized } from "../dom.js";
import { columns, dots, nearest, ticks } from "../values/chart_layout.js";
import { shares, wholeOf } from "../values/shares.js";
import { percent } from "../values/words.js";
import { heading } from "./chart_heading.js";

/** @typedef {import("./theme.js").Theme} Theme */
/** @typedef {{name: string, colour: string, of: (s: import("../values/shares.js").shares extends (...a: any) => infer R ? NonNullable<R> : never) => number}} Part */

export class ChartsView {
  constructor() {
    this.canvas = el("canvas", { role: "img", "aria-label": "How far each head looks, and where the attention goes, by layer" });
    this.context = contextOf(this.canvas, true);
    /** @type {import("../values/chart_layout.js").Dot[]} */
    this.dots = [];
    this.size = [1, 1];
    this.distanceOf = "";
    /** @type {Float32Array | null | undefined} */
    this.distances = undefined;
  }

  /** @param {number} width @param {number} height */
  resize(width, height) {
    this.size = [Math.max(1, width), Math.max(1, height)];
    sized(this.canvas, this.size[0], this.size[1]);
    this.distanceOf = "";
  }

  /** @param {{clientX: number, clientY: number}} event */
  dotAt(event) {
    const box = this.canvas.getBoundingClientRect();
    return nearest(this.dots, event.clientX - box.left, event.clientY - box.top, 14);
  }

  /** @param {import("../pane.js").Pane} pane @param {import("../types.js").State} state @param {Theme} theme */
  draw(pane, state, theme) {
    const [width, height] = this.size;
    const { context } = this;
    const distances = (this.distances ??= distancesOf(pane.recording));
    const split = distances ? (height > 230 ? Math.round(height * 0.54) : height) : 0;
    const key = `${pane.layer} ${pane.row} ${theme.dark} ${Boolean(distances)}`;
    if (key !== this.distanceOf) {
      this.distanceOf = key;
      this.dots = [];
      context.clearRect(0, 0, width, split);
      if (distances && height >= 90) this.distance(context, pane, distances, split - (height > 230 ? 24 : 6), theme);
    }
    context.clearRect(0, split, width, height - split);
    if (height > 230 || (!distances && height >= 90)) this.goes(context, pane, state, split, height, theme);
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {import("../pane.js").Pane} pane @param {Float32Array} distances
   * @param {number} bottom @param {Theme} theme
   */
  distance(context, pane, distances, bottom, theme) {
    const { facts, statisticHeads } = pane.recording;
    const grid = pane.gridLayout;
    const frame = { left: grid.left, right: this.size[0] - 2, top: 30, bottom };
    const place = columns({ ...frame, right: grid.beside ? frame.right : grid.width }, facts.layers.length, grid);
    if (!grid.beside) frame.right = grid.width;
    const even = facts.even_distance;
    let top = even ?? 0;
    for (const value of distances) if (value > top) top = value;
    top *= 1.1;
    frame.top += heading(context, 0, 12, frame.right, "How far each head looks", `mean distance over all patches, in pixels of the ${facts.distance_unit === "picture" ? "picture" : "model's input"}`, [["far", theme.far], ["near", theme.near]], theme);
    context.lineWidth = 1;
    for (const value of ticks(top, Math.max(1, Math.round((bottom - 30) / 55)))) {
      const y = Math.round(frame.bottom - ((frame.bottom - frame.top) * value) / top) + 0.5;
      line(context, frame.left, frame.right, y, theme.line);
      context.textAlign = "right";
      context.font = theme.small;
      context.fillStyle = theme.soft;
      context.fillText(String(value), frame.left - 8, y + 4);
    }
    band(context, place, pane.layer, frame.top - 8, frame.bottom, theme);
    if (even !== null) {
      const y = frame.bottom - ((frame.bottom - frame.top) * even) / top;
      context.setLineDash([2, 4]);
      line(context, frame.left, frame.right, y, theme.soft);
      line(context, frame.left, frame.right, (y + frame.bottom) / 2, theme.line);
      context.setLineDash([]);
    }
    this.dots = dots(frame, distances, facts.layers.length, statisticHeads, top, even, place);
    const radius = Math.max(2.5, Math.min(4.5, place.width / 6));
    const order = [...this.dots].sort((a, b) => Number(a.layer === pane.layer && a.head === pane.row) - Number(b.layer === pane.layer && b.head === pane.row));
    for (const dot of order) {
      const chosen = dot.layer === pane.layer && dot.head === pane.row;
      context.beginPath();
      if (dot.far) context.arc(dot.x, dot.y, chosen ? radius + 2 : radius, 0, 7);
      else context.roundRect(dot.x - radius, dot.y - radius, 2 * radius, 2 * radius, 1.5);
      context.fillStyle = dot.far ? theme.far : theme.near;
      context.fill();
      if (!chosen) continue;
      context.strokeStyle = theme.ink;
      context.lineWidth = 2;
      context.stroke();
    }
    if (even === null) return;
    const y = frame.bottom - ((frame.bottom - frame.top) * even) / top;
    this.over("everywhere alike", frame, y - 5, theme);
    if (frame.bottom - y > 44) this.over("half of it: far above, near below", frame, (y + frame.bottom) / 2 - 5, theme);
  }

  /**
   * Words on ground of their own, at the end of a line where they hide fewer dots.
   * @param {string} words @param {import("../values/chart_layout.js").Frame} frame @param {number} y @param {Theme} theme
   */
  over(words, frame, y, theme) {
    const { context } = this;
    context.textAlign = "left";
    context.font = theme.small;
    const wide = context.measureText(words).width;
    /** @param {number} x */
    const hidden = (x) => this.dots.filter((dot) => dot.x > x - 6 && dot.x < x + wide + 6 && dot.y > y - 16 && dot.y < y + 8).length;
    const [left, right] = [frame.left + 2, frame.right - wide - 2];
    const x = hidden(right) < hidden(left) ? right : left;
    context.strokeStyle = theme.back;
    context.lineWidth = 4;
    context.lineJoin = "round";
    context.strokeText(words, x, y);
    context.fillStyle = theme.soft;
    context.fillText(words, x, y);
  }

  /**
   * @param {CanvasRenderingContext2D} context @param {import("../pane.js").Pane} pane @param {import("../types.js").State} state
   * @param {number} from @param {number} to @param {Theme} theme
   */
  goes(context, pane, state, from, to, theme) {
    const grid = pane.gridLayout;
    const { facts } = pane.recording;
    const frame = { left: grid.left, right: grid.beside ? this.size[0] - 2 : grid.width, top: from + 30, bottom: to - 4 };
    const place = columns(frame, facts.layers.length, grid);
    const parts = partsOf(pane, theme);
    frame.top += heading(context, 0, from + 12, frame.right, state.direction === "to" ? "Where it goes" : "Where it comes from", `${pane.queryName}, ${pane.rowName}, ${pane.row === "all" && state.fusion !== "mean" ? "not 100 % in sum" : "share by layer"}`, [...parts].reverse().map((part) => [part.name, part.colour]), theme);
    context.font = theme.small;
    context.fillStyle = theme.soft;
    context.textAlign = "right";
    // Minima and maxima do not sum to one: they are drawn as the parts, or the multiples, that they are.
    const fused = pane.row === "all" && state.fusion !== "mean";
    const all = facts.layers.map((_, layer) => {
      const values = cellValues(pane.answer, layer, pane.row);
      const own = pane.answer.layers[layer];
      return values && shares(values, own.tokens, placeIn(pane, layer), fused ? wholeOf(own.each) : undefined);
    });
    const top = Math.max(1, ...all.map((share) => (share ? share.itself + share.neighbours + share.others + share.special : 0)));
    const one = frame.bottom - (frame.bottom - frame.top) / top;
    if (one > frame.top + 14) context.fillText(percent(top), frame.left - 8, frame.top + 8);
    context.fillText("100 %", frame.left - 8, Math.max(one + (top > 1.01 ? 4 : 8), frame.top + 8));
    context.fillText("0", frame.left - 8, frame.bottom);
    all.forEach((share, layer) => {
      const x = place.middle(layer) - place.width / 2;
      let y = frame.bottom;
      context.globalAlpha = layer === pane.layer ? 1 : 0.62;
      if (!share) {
        context.fillStyle = theme.line;
        context.fillRect(x, frame.bottom - 2, place.width, 2);
      } else {
        for (const part of parts) {
          const high = ((frame.bottom - frame.top) * part.of(share)) / top;
          context.fillStyle = part.colour;
          context.fillRect(x, y - high, place.width, high);
          y -= high;
        }
      }
      context.globalAlpha = 1;
    });
    if (fused) line(context, frame.left, frame.right, Math.round(one) + 0.5, theme.line);
  }
}

/** The place of who asks among the tokens of a layer, -1 where it is of another kind. @param {import("../pane.js").Pane} pane @param {number} layer */
function placeIn(pane, layer) {
  const { queries, keys } = pane.recording.facts.layers[layer];
  return queries.kind === keys.kind && queries.count === keys.count ? pane.answer.layers[layer].place : -1;
}

/** @param {import("../pane.js").Pane} pane @param {Theme} theme @returns {Part[]} */
function partsOf(pane, theme) {
  const { layers } = pane.answer;
  const own = layers[pane.layer].tokens;
  const some = (/** @type {(tokens: import("../types.js").Tokens, place: number) => boolean} */ test) => layers.some((layer, number) => !layer.why && test(layer.tokens, placeIn(pane, number)));
  const patch = some((tokens, place) => place >= tokens.prefix.length);
  /** @type {Part[]} */
  const parts = [];
  if (some((_, place) => place >= 0)) parts.push({ name: "itself", colour: theme.accent, of: (s) => s.itself });
  if (some((tokens, place) => tokens.grid !== null && place >= tokens.prefix.length)) parts.push({ name: "its neighbours", colour: theme.near, of: (s) => s.neighbours });
  parts.push({ name: patch ? `other ${own.kind}` : own.kind, colour: theme.rest, of: (s) => s.others });
  const prefix = layers.reduce((/** @type {string[]} */ most, layer) => (layer.tokens.prefix.length > most.length ? layer.tokens.prefix : most), []);
  if (some((tokens, place) => tokens.prefix.length > (place >= 0 && place < tokens.prefix.length ? 1 : 0))) {
    const alone = some((tokens, place) => place >= 0 && place < tokens.prefix.length);
    parts.push({ name: alone ? "other special tokens" : prefix.length > 1 ? "class and register tokens" : `${prefix[0]} token`, colour: theme.special, of: (s) => s.special });
  }
  return parts;
}

/** Distances layers x heads, or null where none were recorded. @param {import("../recording.js").Recording} recording */
export function distancesOf(recording) {
  const kinds = recording.facts.statistics;
  const kind = kinds.indexOf("distance");
  if (!recording.statistics || kind < 0) return null;
  const out = new Float32Array(recording.statistics.length / kinds.length);
  let some = false;
  for (let i = 0; i < out.length; i++) {
    out[i] = recording.statistics[i * kinds.length + kind];
    some ||= Number.isFinite(out[i]);
  }
  return some ? out : null;
}

/** @param {CanvasRenderingContext2D} context @param {number} from @param {number} to @param {number} y @param {string} colour */
function line(context, from, to, y, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(from, y);
  context.lineTo(to, y);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {{middle: (layer: number) => number, width: number}} place @param {number} layer @param {number} top @param {number} bottom @param {Theme} theme */
function band(context, place, layer, top, bottom, theme) {
  context.fillStyle = theme.accent;
  context.globalAlpha = 0.1;
  context.fillRect(place.middle(layer) - place.width / 2 - 2, top, place.width + 4, bottom - top);
  context.globalAlpha = 1;
}
