/** Saving what is shown: a picture, a drawing, the raw numbers. */

import { contextOf } from "../dom.js";
import { spoken } from "../values/sentence.js";
import { outline } from "../values/outline.js";

/** @typedef {import("../pane.js").Pane} Pane */

/** @param {Pane} pane @param {string} ending */
export function fileName(pane, ending) {
  const { facts } = pane.recording;
  const show = pane.subject.show === "attention" ? `layer${pane.layer + 1}-${pane.rowName}` : pane.subject.show.startsWith("map:") ? facts.maps[Number(pane.subject.show.slice(4))]?.method : "positions";
  const stem = [facts.name, facts.step ? `step${facts.step}` : "", show].filter(Boolean).join(".");
  return `${stem.replace(/[^\p{L}\p{N}.-]+/gu, "-")}.${ending}`;
}

/** @param {Pane[]} panes @param {boolean} dark @returns {Promise<Blob>} */
export function pngOf(panes, dark) {
  const gap = 28;
  const [pad, head, bar] = [24, 64, 84];
  const width = panes.reduce((sum, pane) => sum + pane.photo.size[0] + bar, 2 * pad + gap * (panes.length - 1));
  const height = Math.max(...panes.map((pane) => pane.photo.size[1])) + head + 2 * pad;
  const canvas = document.createElement("canvas");
  const ratio = 2;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = contextOf(canvas);
  context.scale(ratio, ratio);
  context.fillStyle = dark ? "#101214" : "#fbfbf9";
  context.fillRect(0, 0, width, height);
  let x = pad;
  for (const pane of panes) {
    const [wide, high] = pane.photo.size;
    context.fillStyle = dark ? "#eceef1" : "#17191c";
    context.font = "600 17px Inter, system-ui, sans-serif";
    context.fillText(`${pane.sentence.before}${pane.sentence.subject}${pane.sentence.after}`, x, pad + 14, wide + bar);
    context.font = "400 12px Inter, system-ui, sans-serif";
    context.fillText(pane.sentence.more, x, pad + 34, wide + bar);
    context.drawImage(pane.photo.whole(pane.map, true), x, pad + head - 14, wide, high);
    context.drawImage(pane.photo.bar, x + wide + 12, pad + head - 14, 10, high);
    context.font = "400 11px Inter, system-ui, sans-serif";
    [0, 0.5, 1].forEach((share, place) => context.fillText(pane.photo.words[place].textContent ?? "", x + wide + 28, pad + head - 14 + 9 + share * (high - 10)));
    x += wide + bar + gap;
  }
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The browser drew no picture."))), "image/png"));
}

/** @param {Pane} pane @param {import("../types.js").State} state @returns {Blob} */
export function svgOf(pane, state) {
  const [wide, high] = pane.photo.size;
  const [pad, head] = [20, 52];
  const names = "http://www.w3.org/2000/svg";
  const root = document.createElementNS(names, "svg");
  /** @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text] */
  const add = (tag, attributes, text) => {
    const element = document.createElementNS(names, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    if (text) element.textContent = text;
    root.append(element);
  };
  root.setAttribute("xmlns", names);
  root.setAttribute("viewBox", `0 0 ${wide + 2 * pad + 84} ${high + head + 2 * pad}`);
  root.setAttribute("font-family", "Inter, Helvetica, Arial, sans-serif");
  add("rect", { width: "100%", height: "100%", fill: "#fff" });
  add("text", { x: pad, y: pad + 16, "font-size": 17, "font-weight": 600 }, `${pane.sentence.before}${pane.sentence.subject}${pane.sentence.after}`);
  add("text", { x: pad, y: pad + 36, "font-size": 12, fill: "#444" }, pane.sentence.more);
  const top = pad + head;
  const bare = pane.photo.whole(pane.map, false);
  add("image", { x: pad, y: top, width: wide, height: high, preserveAspectRatio: "none", href: bare.toDataURL("image/png") });
  add("image", { x: pad + wide + 12, y: top, width: 10, height: high, preserveAspectRatio: "none", href: pane.photo.bar.toDataURL("image/png") });
  [0, 0.5, 1].forEach((share, place) => add("text", { x: pad + wide + 28, y: top + 9 + share * (high - 10), "font-size": 11, fill: "#444" }, pane.photo.words[place].textContent ?? ""));
  const lines = pane.map && !pane.map.signed ? outline(pane.map.values, pane.map.grid[0], pane.map.grid[1], state.mass / 100) : null;
  if (lines && pane.map) {
    const scale = pane.photo.scale;
    const [left, up, right, down] = pane.map.box.map((edge) => edge * scale);
    const [x, y] = [(right - left) / pane.map.grid[1], (down - up) / pane.map.grid[0]];
    const path = lines.map(([a, b, c, d]) => `M${(pad + left + a * x).toFixed(2)} ${(top + up + b * y).toFixed(2)}L${(pad + left + c * x).toFixed(2)} ${(top + up + d * y).toFixed(2)}`).join("");
    add("path", { d: path, stroke: "#000", "stroke-opacity": 0.6, "stroke-width": 3.2, "stroke-linecap": "round", fill: "none" });
    add("path", { d: path, stroke: "#fff", "stroke-width": 1.3, "stroke-linecap": "round", fill: "none" });
  }
  return new Blob([new XMLSerializer().serializeToString(root)], { type: "image/svg+xml" });
}

/**
 * The numbers of the map on show, exactly as the page has them.
 * @param {Pane} pane @param {Float32Array | null} values with the special tokens, where it is attention
 * @returns {string}
 */
export function csvOf(pane, values) {
  const { map, recording } = pane;
  const lines = [`# ${recording.facts.model} | ${recording.facts.name} | step ${recording.facts.step} | ${spoken(pane.sentence)}`.replace(/[\r\n]+/g, " ")];
  if (map) {
    const tokens = pane.answer.layers[pane.layer].tokens;
    lines.push("row,column,value");
    if (values && pane.subject.show === "attention") tokens.prefix.forEach((name, place) => lines.push(`${quote(name)},,${values[place]}`));
    map.values.forEach((value, place) => lines.push(`${Math.floor(place / map.grid[1]) + 1},${(place % map.grid[1]) + 1},${value}`));
  } else if (values) {
    const { tokens } = pane.answer.layers[pane.layer];
    const prefix = tokens.prefix.length;
    lines.push("token,value");
    values.forEach((value, place) => lines.push(`${quote(place < prefix ? tokens.prefix[place] : (tokens.names?.[place - prefix] ?? String(place - prefix + 1)))},${value}`));
  }
  return `${lines.join("\n")}\n`;
}

/** @param {string} text a cell; one that a table program would run as a formula is kept text */
function quote(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
