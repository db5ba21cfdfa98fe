/** What is on show, and the link that restores it. */

import { TABLES } from "./values/colours.js";

/** @typedef {import("./types.js").State} State */

/** @returns {State} */
export function initialState() {
  return {
    subjects: [],
    layer: 0,
    row: "all",
    query: null,
    direction: "to",
    fusion: "mean",
    scale: "map",
    colours: "inferno",
    mass: 50,
    heat: 85,
    theme: "",
  };
}

/**
 * The layer a view opens with: at three quarters of those that look at the picture, for the last is often odd.
 * @param {import("./types.js").Layer[]} layers
 */
export function openingLayer(layers) {
  const pictured = layers.flatMap((layer, place) => (layer.keys.grid ? [place] : []));
  return pictured[Math.min(pictured.length - 1, Math.floor(0.75 * pictured.length))] ?? 0;
}

/**
 * Why the view opens with this layer; empty where it is the last that looks at the picture, or none (-1).
 * @param {import("./types.js").Layer[]} layers @param {number} opened
 */
export function openingWords(layers, opened) {
  const later = opened >= 0 && layers.some((layer, place) => place > opened && layer.keys.grid);
  return later ? `layer ${opened + 1} first: the last ones often see few patches` : "";
}

/**
 * The state as the fragment of a link; what is as at the start is left out.
 * @param {State} state
 */
export function linkOf(state) {
  const initial = initialState();
  const words = new URLSearchParams();
  for (const subject of state.subjects) {
    words.append("record", subject.id);
    words.append("show", subject.show);
  }
  words.set("layer", String(state.layer + 1));
  words.set("head", typeof state.row === "number" ? String(state.row + 1) : state.row);
  if (state.query?.kind === "patch") words.set("at", `${share(state.query.x)},${share(state.query.y)}`);
  if (state.query?.kind === "prefix") words.set("token", state.query.name);
  if (state.query?.kind === "item") words.set("item", `${state.query.index + 1} ${state.query.of}`);
  for (const key of /** @type {const} */ (["direction", "fusion", "scale", "colours", "mass", "heat", "theme"])) {
    if (state[key] !== initial[key]) words.set(key, String(state[key]));
  }
  return words.toString();
}

/** @param {number} value */
function share(value) {
  return String(Number(value.toFixed(4)));
}

/**
 * The state of a link, over another: what the link does not say, or says wrongly, stays.
 * @param {string} link @param {State} state
 * @returns {State}
 */
export function stateOf(link, state) {
  const words = new URLSearchParams(link.replace(/^#/, ""));
  const shows = words.getAll("show");
  const subjects = words.getAll("record").slice(0, 2).map((id, place) => ({ id, show: shownOf(shows[place]) }));
  /** @param {string} key @param {number} low @param {number} high @param {number} otherwise */
  const whole = (key, low, high, otherwise) => {
    const value = Number(words.get(key) ?? NaN);
    return Number.isInteger(value) && value >= low && value <= high ? value : otherwise;
  };
  /** @template {string} T @param {string} key @param {readonly T[]} allowed @param {T} otherwise */
  const choice = (key, allowed, otherwise) => allowed.find((word) => word === words.get(key)) ?? otherwise;
  const head = words.get("head");
  const number = whole("head", 1, 1e5, 0);
  return {
    subjects: subjects.length ? subjects : state.subjects,
    layer: whole("layer", 1, 1e5, state.layer + 1) - 1,
    row: head === "all" || head === "rollout" ? head : number ? number - 1 : state.row,
    query: queryOf(words) ?? (words.has("layer") ? null : state.query),
    direction: choice("direction", /** @type {const} */ (["to", "from"]), state.direction),
    fusion: choice("fusion", /** @type {const} */ (["mean", "min", "max"]), state.fusion),
    scale: choice("scale", /** @type {const} */ (["map", "all", "log"]), state.scale),
    colours: choice("colours", TABLES, state.colours),
    mass: whole("mass", 0, 100, state.mass),
    heat: whole("heat", 0, 100, state.heat),
    theme: choice("theme", /** @type {const} */ (["dark", "light"]), /** @type {"dark" | "light"} */ (state.theme)),
  };
}

/** @param {string | undefined} word @returns {import("./types.js").Shown} */
function shownOf(word) {
  if (word === "positions") return word;
  const map = /^map:(\d{1,4})$/.exec(word ?? "");
  return map ? `map:${Number(map[1])}` : "attention";
}

/** @param {URLSearchParams} words @returns {import("./types.js").Query} */
function queryOf(words) {
  const at = /^(0(?:\.\d+)?|1),(0(?:\.\d+)?|1)$/.exec(words.get("at") ?? "");
  if (at) return { kind: "patch", x: Number(at[1]), y: Number(at[2]) };
  const token = words.get("token");
  if (token) return { kind: "prefix", name: token };
  const item = /^([1-9]\d{0,5}) (.+)$/.exec(words.get("item") ?? "");
  return item ? { kind: "item", of: item[2], index: Number(item[1]) - 1 } : null;
}
