/** The photograph with a map over it, and the bar that says what the colours mean. */

import { contextOf, el, sized, write } from "../dom.js";
import { colourTable, entryOf, valueAt } from "../values/colours.js";
import { outline } from "../values/outline.js";
import { enlarge } from "../values/smooth.js";

/**
 * A map over a part of the picture. `kind` says what is measured, so that two of a kind can have one scale; `noun`
 * what its places are called.
 * @typedef {{kind: string, noun: string, values: Float32Array, grid: [number, number], box: import("../types.js").Box,
 *   top: number, signed: boolean, word: (value: number) => string}} PictureMap
 * @typedef {{mark: import("../types.js").Box | null, found: import("../types.js").Finding[], chosen: number}} Marks
 */

const HALO = "rgba(0, 0, 0, .62)";
const QUERY = "#4cc9ff";

export class PhotoView {
  constructor() {
    this.canvas = el("canvas", { tabindex: "0", role: "application", "aria-roledescription": "picture", "aria-label": "The picture. Move over it to ask a patch, click to keep it; Shift with the arrow keys moves the patch." });
    this.lines = contextOf(this.canvas);
    /** Below it the picture in grey, and the colours, as small as they are smooth: the page enlarges them. */
    this.grey = el("canvas", { class: "under", "aria-hidden": "true" });
    this.heat = el("canvas", { class: "under", "aria-hidden": "true" });
    this.heatContext = contextOf(this.heat, true);
    contextOf(this.grey, true);
    this.bar = el("canvas", { class: "scale", width: "1", height: "256", "aria-hidden": "true" });
    this.words = ["top", "middle", "foot"].map((place) => el("span", { class: place }));
    this.pointer = el("div", { class: "pointer", "aria-hidden": "true" });
    this.unders = el("div", { class: "unders" }, this.grey, this.heat);
    this.element = el("div", { class: "stage" }, this.canvas, this.unders, el("div", { class: "bar" }, this.bar, ...this.words, this.pointer));
    /** @type {ImageData | null} */
    this.pixels = null;
    this.size = [1, 1];
    this.scale = 1;
    this.barOf = "";
    this.paintOf = "";
    this.paints = new Uint32Array(256);
    this.placeOf = "";
    this.lined = true;
  }

  /** @param {import("../recording.js").Recording} recording @param {number} width @param {number} height @param {boolean} dark */
  resize(recording, width, height, dark) {
    this.size = [width, height];
    this.scale = width / recording.facts.picture.width;
    sized(this.canvas, width, height);
    Object.assign(this.unders.style, { width: `${width}px`, height: `${height}px` });
    this.lined = true;
    this.placeOf = "";
    const context = sized(this.grey, width, height);
    context.globalCompositeOperation = "source-over";
    context.globalAlpha = 1;
    context.imageSmoothingQuality = "high";
    context.fillStyle = dark ? "#1d2025" : "#3a3d42";
    context.fillRect(0, 0, width, height);
    if (!recording.image) return;
    context.drawImage(recording.image, 0, 0, width, height);
    // Nearly grey and darker, so that the colours tell; what the model did not see is darker still.
    context.globalCompositeOperation = "saturation";
    context.globalAlpha = 0.82;
    context.fillStyle = "#808080";
    context.fillRect(0, 0, width, height);
    context.globalCompositeOperation = "multiply";
    context.globalAlpha = 1;
    context.fillStyle = "#a8a8a8";
    context.fillRect(0, 0, width, height);
    const [left, top, right, bottom] = recording.facts.seen.map((edge) => edge * this.scale);
    context.fillStyle = "#555";
    context.beginPath();
    context.rect(0, 0, width, height);
    context.rect(left, top, right - left, bottom - top);
    context.fill("evenodd");
  }

  /**
   * The place of a point in the part the model saw, as shares; null outside.
   * @param {{clientX: number, clientY: number}} event @param {import("../recording.js").Recording} recording
   */
  shareAt(event, recording) {
    const box = this.canvas.getBoundingClientRect();
    const [left, top, right, bottom] = recording.facts.seen;
    const x = ((event.clientX - box.left) / this.scale - left) / (right - left);
    const y = ((event.clientY - box.top) / this.scale - top) / (bottom - top);
    return x >= 0 && y >= 0 && x < 1 && y < 1 ? { x, y } : null;
  }

  /** @param {{clientX: number, clientY: number}} event @returns {[number, number]} in pixels of the picture */
  pixelAt(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / this.scale, (event.clientY - box.top) / this.scale];
  }

  /** @param {PictureMap | null} map @param {Marks} marks @param {import("../types.js").State} state */
  draw(map, marks, state) {
    const [width, height] = this.size;
    const context = this.lines;
    this.heat.hidden = !map;
    if (this.lined) context.clearRect(0, 0, width, height);
    this.lined = Boolean(marks.mark) || marks.found.length > 0;
    if (map) {
      this.paint(map, state);
      this.lay(map);
      this.edges(context, map, state);
    }
    this.boxes(context, marks);
    if (marks.mark) {
      const [left, top, right, bottom] = marks.mark.map((edge) => edge * this.scale);
      for (const [colour, line] of /** @type {[string, number][]} */ ([[HALO, 5], [QUERY, 2.5]])) {
        context.strokeStyle = colour;
        context.lineWidth = line;
        context.strokeRect(left, top, right - left, bottom - top);
      }
    }
    this.drawBar(map, state);
  }

  /** Puts the colours where the map lies. @param {PictureMap} map */
  lay(map) {
    const [left, top, right, bottom] = map.box.map((edge) => edge * this.scale);
    const place = `${left} ${top} ${right} ${bottom}`;
    if (place === this.placeOf) return;
    this.placeOf = place;
    Object.assign(this.heat.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
  }

  /** The picture with its colours, and with its lines where they are wanted. @param {PictureMap | null} map @param {boolean} lines */
  whole(map, lines) {
    const canvas = document.createElement("canvas");
    canvas.width = this.grey.width;
    canvas.height = this.grey.height;
    const context = contextOf(canvas);
    context.imageSmoothingQuality = "high";
    context.drawImage(this.grey, 0, 0);
    if (map) {
      const [left, top, right, bottom] = map.box.map((edge) => (edge * this.scale * canvas.width) / this.size[0]);
      context.drawImage(this.heat, left, top, right - left, bottom - top);
    }
    if (lines) context.drawImage(this.canvas, 0, 0);
    return canvas;
  }

  /** @param {PictureMap} map @param {import("../types.js").State} state */
  paint(map, state) {
    const [rows, columns] = map.grid;
    const factor = rows * columns > 2500 ? 3 : rows * columns > 600 ? 4 : 8;
    const smooth = enlarge(map.values, rows, columns, factor);
    const [wide, high] = [columns * factor, rows * factor];
    if (!this.pixels || this.pixels.width !== wide || this.pixels.height !== high) {
      this.heat.width = wide;
      this.heat.height = high;
      this.pixels = this.heatContext.createImageData(wide, high);
    }
    const out = new Uint32Array(this.pixels.data.buffer);
    const paints = this.paintsOf(map, state);
    const { top, signed } = map;
    // As entryOf has it, without a call a pixel.
    if (state.scale === "log" || !(top > 0)) for (let i = 0; i < out.length; i++) out[i] = paints[entryOf(smooth[i], top, state.scale, signed)];
    else {
      const [zero, factor] = signed ? [127.5, 127.5 / top] : [0, 255 / top];
      for (let i = 0; i < out.length; i++) {
        const entry = (zero + smooth[i] * factor + 0.5) | 0;
        out[i] = paints[entry < 0 ? 0 : entry > 255 ? 255 : entry];
      }
    }
    this.heatContext.putImageData(this.pixels, 0, 0);
  }

  /** The colours with how much of each lies over the photograph. @param {PictureMap} map @param {import("../types.js").State} state */
  paintsOf(map, state) {
    const name = map.signed ? "signed" : state.colours;
    const key = `${name} ${state.heat}`;
    if (key === this.paintOf) return this.paints;
    this.paintOf = key;
    const veil = veilOf(state.heat / 100, map.signed);
    this.paints = colourTable(name).map((colour, entry) => (colour & 0xffffff) | (veil[entry] << 24));
    return this.paints;
  }

  /** @param {CanvasRenderingContext2D} context @param {PictureMap} map @param {import("../types.js").State} state */
  edges(context, map, state) {
    const [rows, columns] = map.grid;
    const lines = map.signed ? null : outline(map.values, rows, columns, state.mass / 100);
    if (!lines) return;
    this.lined = true;
    const [left, top, right, bottom] = map.box.map((edge) => edge * this.scale);
    const [stepX, stepY] = [(right - left) / columns, (bottom - top) / rows];
    context.beginPath();
    for (const [x0, y0, x1, y1] of lines) {
      context.moveTo(left + x0 * stepX, top + y0 * stepY);
      context.lineTo(left + x1 * stepX, top + y1 * stepY);
    }
    context.lineCap = "round";
    for (const [colour, line] of /** @type {[string, number][]} */ ([["rgba(0, 0, 0, .6)", 3.2], ["rgba(255, 255, 255, .85)", 1.3]])) {
      context.strokeStyle = colour;
      context.lineWidth = line;
      context.stroke();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Marks} marks */
  boxes(context, marks) {
    if (!marks.found.length) return;
    context.font = "600 11px Inter, system-ui, sans-serif";
    context.textAlign = "left";
    marks.found.forEach((finding, place) => {
      const [left, top, right, bottom] = finding.box.map((edge) => edge * this.scale);
      const chosen = place === marks.chosen;
      context.lineWidth = chosen ? 2.5 : 1.2;
      context.strokeStyle = chosen ? QUERY : "rgba(255, 255, 255, .7)";
      context.strokeRect(left, top, right - left, bottom - top);
      const wide = context.measureText(finding.label).width + 8;
      const up = top > 16 ? top - 15 : top;
      context.fillStyle = chosen ? QUERY : "rgba(255, 255, 255, .82)";
      context.fillRect(left - 0.5, up, wide, 15);
      context.fillStyle = "#101214";
      context.fillText(finding.label, left + 3.5, up + 11);
    });
  }

  /** @param {PictureMap | null} map @param {import("../types.js").State} state */
  drawBar(map, state) {
    [1, 0.5, 0].forEach((share, place) => write(this.words[place], map ? map.word(valueAt(share, map.top, state.scale, map.signed)) : ""));
    const name = map?.signed ? "signed" : map ? state.colours : "";
    if (name === this.barOf) return;
    this.barOf = name;
    const pixels = new ImageData(1, 256);
    const out = new Uint32Array(pixels.data.buffer);
    if (map) out.set(colourTable(name).slice().reverse());
    contextOf(this.bar).putImageData(pixels, 0, 0);
  }

  /** The pointer at the bar. @param {PictureMap | null} map @param {number | null} value @param {import("../types.js").State} state */
  point(map, value, state) {
    const shown = map && value !== null && Number.isFinite(value);
    this.pointer.style.display = shown ? "block" : "none";
    if (shown) this.pointer.style.top = `${100 * (1 - entryOf(value, map.top, state.scale, map.signed) / 255)}%`;
  }
}

/** How much of each colour lies over the photograph. @param {number} heat @param {boolean} signed */
function veilOf(heat, signed) {
  return Uint8Array.from({ length: 256 }, (_, entry) => {
    const share = signed ? Math.abs(entry - 127.5) / 127.5 : entry / 255;
    return Math.round(255 * heat * Math.min(1, (signed ? 0 : 0.16) + 1.25 * Math.sqrt(share)));
  });
}
