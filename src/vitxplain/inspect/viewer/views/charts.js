/** How far each head looks, and where the attention of the query goes, in the columns of the layers. */

import { cellValues } from "../answer.js";
import { contextOf, el, sized } from "../dom.js";
import { columns, dots, nearest, ticks } from "../values/chart_layout.js";
import { shares } from "../values/shares.js";

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

  /** @param {MouseEvent} event */
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
    heading(context, 0, 12, frame.right, "How far each head looks", `mean distance over all patches, in pixels of the ${facts.distance_unit === "picture" ? "picture" : "model's input"}`, [["far", theme.far], ["near", theme.near]], theme);
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
      context.setLineDash([]);
      context.textAlign = "left";
      context.font = theme.small;
      context.fillStyle = theme.soft;
      context.fillText("everywhere alike", frame.left + 2, y - 5);
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
    heading(context, 0, from + 12, frame.right, state.direction === "to" ? "Where it goes" : "Where it comes from", `${pane.queryName}, ${pane.rowName}, share by layer`, [...parts].reverse().map((part) => [part.name, part.colour]), theme);
    context.font = theme.small;
    context.fillStyle = theme.soft;
    context.textAlign = "right";
    context.fillText("100 %", frame.left - 8, frame.top + 8);
    context.fillText("0", frame.left - 8, frame.bottom);
    facts.layers.forEach((_, layer) => {
      const values = cellValues(pane.answer, layer, pane.row);
      const own = pane.answer.layers[layer];
      const share = values && shares(values, own.tokens, own.tokens.kind === placeKind(pane, layer) ? own.place : -1);
      const x = place.middle(layer) - place.width / 2;
      let y = frame.bottom;
      context.globalAlpha = layer === pane.layer ? 1 : 0.62;
      if (!share) {
        context.fillStyle = theme.line;
        context.fillRect(x, frame.bottom - 2, place.width, 2);
      } else {
        for (const part of parts) {
          const high = (frame.bottom - frame.top) * part.of(share);
          context.fillStyle = part.colour;
          context.fillRect(x, y - high, place.width, high);
          y -= high;
        }
      }
      context.globalAlpha = 1;
    });
  }
}

/** Who asks is among the tokens of a layer only where queries and keys are of one kind. @param {import("../pane.js").Pane} pane @param {number} layer */
function placeKind(pane, layer) {
  const facts = pane.recording.facts.layers[layer];
  return facts.queries.kind === facts.keys.kind && facts.queries.count === facts.keys.count ? facts.keys.kind : "";
}

/** @param {import("../pane.js").Pane} pane @param {Theme} theme @returns {Part[]} */
function partsOf(pane, theme) {
  const own = pane.answer.layers[pane.layer];
  const prefix = own.tokens.prefix;
  const special = prefix.length > 1 ? "class and register tokens" : prefix.length ? `${prefix[0]} token` : "";
  const patch = own.place >= prefix.length;
  /** @type {Part[]} */
  const parts = [];
  if (own.place >= 0) parts.push({ name: "itself", colour: theme.accent, of: (s) => s.itself });
  if (patch && own.tokens.grid) parts.push({ name: "its neighbours", colour: theme.near, of: (s) => s.neighbours });
  parts.push({ name: patch ? `other ${own.tokens.kind}` : own.tokens.kind, colour: theme.rest, of: (s) => s.others });
  if (special && (patch || own.place < 0 || prefix.length > 1)) parts.push({ name: patch || own.place < 0 ? special : "other special tokens", colour: theme.special, of: (s) => s.special });
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

/**
 * A heading with its legend at the right; what does not fit beside it is left out, the second line first.
 * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} right @param {string} title @param {string} more
 * @param {[string, string][]} keys @param {Theme} theme
 */
function heading(context, x, y, right, title, more, keys, theme) {
  context.textAlign = "left";
  context.font = theme.heading;
  context.fillStyle = theme.ink;
  context.fillText(title, x, y);
  const end = x + widthOf(context, title);
  context.font = theme.plain;
  let left = right;
  for (const [name, colour] of keys) {
    const wide = widthOf(context, name);
    if (left - wide - 14 < end + 10) break;
    context.fillStyle = theme.soft;
    context.fillText(name, left - wide, y);
    context.fillStyle = colour;
    context.beginPath();
    if (name === "near") context.roundRect(left - wide - 13, y - 8, 8, 8, 1.5);
    else context.arc(left - wide - 9, y - 4, 4, 0, 7);
    context.fill();
    left -= wide + 28;
  }
  context.fillStyle = theme.soft;
  if (end + 10 + widthOf(context, more) < left - 6) context.fillText(more, end + 10, y);
}

/** @type {Map<string, number>} */
const widths = new Map();

/** The width of a text, measured once. @param {CanvasRenderingContext2D} context @param {string} text */
function widthOf(context, text) {
  const key = `${context.font}|${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  const width = context.measureText(text).width;
  if (widths.size > 2000) widths.clear();
  widths.set(key, width);
  return width;
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
