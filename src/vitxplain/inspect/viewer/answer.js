/** One question put to every layer and head of a recording. */

import { fuse, readColumn, readRow } from "./values/quantise.js";
import { placeOf } from "./values/query.js";
import { rolloutFrom, rolloutTo } from "./values/rollout.js";
import { readWindowColumn, readWindowRow } from "./values/windows.js";
import { meanOf } from "./recording.js";

/** @typedef {import("./recording.js").Recording} Recording */
/** @typedef {import("./types.js").Query} Query */

/**
 * What one layer answers: `values` holds heads x count numbers, one a token of `tokens`; `why` is empty, or says why
 * there is nothing.
 * @typedef {{tokens: import("./types.js").Tokens, place: number, heads: number, count: number, values: Float32Array,
 *   all: Float32Array, rollout: Float32Array | null, why: string}} LayerAnswer
 * @typedef {{query: Query, direction: import("./types.js").Direction, layers: LayerAnswer[]}} Answer
 */

/** Buffers of the last answer of a recording are used again: an answer lives until the next question.
 * @type {WeakMap<Recording, Map<string, Float32Array>>} */
const buffers = new WeakMap();

/** @param {Recording} recording @param {string} key @param {number} length */
function buffer(recording, key, length) {
  let own = buffers.get(recording);
  if (!own) buffers.set(recording, (own = new Map()));
  let array = own.get(key);
  if (!array || array.length !== length) own.set(key, (array = new Float32Array(length)));
  return array;
}

/**
 * @param {Recording} recording @param {Query} query @param {import("./types.js").Direction} direction
 * @param {import("./types.js").Fusion} fusion @returns {Answer}
 */
export function ask(recording, query, direction, fusion) {
  const layers = recording.facts.layers.map((_, layer) => askLayer(recording, layer, query, direction, fusion));
  return { query, direction, layers };
}

/**
 * @param {Recording} recording @param {number} layer @param {Query} query
 * @param {import("./types.js").Direction} direction @param {import("./types.js").Fusion} fusion @returns {LayerAnswer}
 */
export function askLayer(recording, layer, query, direction, fusion) {
  const facts = recording.facts.layers[layer];
  const tokens = direction === "to" ? facts.keys : facts.queries;
  const count = tokens.count;
  const place = placeFor(recording, layer, query, direction);
  const values = buffer(recording, `values ${layer}`, facts.heads * count);
  const all = buffer(recording, `all ${layer}`, count);
  const answer = { tokens, place, heads: facts.heads, count, values, all, rollout: null, why: "" };
  if (recording.errors[layer]) return { ...answer, why: `This layer cannot be read: ${recording.errors[layer]}` };
  const rows = recording.rows[layer];
  const whole = recording.attention[layer];
  if (direction === "to" && query === null && rows) {
    for (let head = 0; head < facts.heads; head++) readRow(rows, head, 0, values.subarray(head * count, (head + 1) * count));
  } else if (place < 0) {
    const asked = direction === "to" ? facts.queries : facts.keys;
    return { ...answer, why: query ? `This layer has no such ${direction === "to" ? "query" : "key"}: it has ${asked.count} ${asked.kind}.` : "Choose a patch or a token to see who looks at it." };
  } else if (facts.rows !== "all") {
    return { ...answer, why: recording.facts.cut || "Only the default query of this layer was recorded (queries=\"class\")." };
  } else if (!whole) {
    return { ...answer, why: "loading" };
  } else {
    const windows = recording.windows[layer];
    for (let head = 0; head < facts.heads; head++) {
      const out = values.subarray(head * count, (head + 1) * count);
      if (windows) (direction === "to" ? readWindowRow : readWindowColumn)(whole, windows, head, place, out);
      else (direction === "to" ? readRow : readColumn)(whole, head, place, out);
    }
  }
  fuse(values, facts.heads, count, fusion, all);
  return answer;
}

/** @param {Recording} recording @param {number} layer @param {Query} query @param {import("./types.js").Direction} direction */
function placeFor(recording, layer, query, direction) {
  const facts = recording.facts.layers[layer];
  const tokens = direction === "to" ? facts.queries : facts.keys;
  if (query) return placeOf(tokens, query);
  return defaultOf(recording.facts, layer) === "class" ? tokens.prefix.indexOf("class") : -1;
}

/** What a layer's default row holds. @param {import("./types.js").Facts} facts @param {number} layer */
export function defaultOf(facts, layer) {
  return facts.layers[layer].row_of ?? facts.default_query;
}

/**
 * Why rollout cannot be shown, or an empty text.
 * @param {Recording} recording @param {Answer} answer @param {number} layer
 */
export function rolloutBar(recording, answer, layer) {
  if (layer >= recording.chain) return "Rollout goes through layers that keep every token and record all queries; this one is beyond them.";
  if (answer.layers[layer].why) return answer.layers[layer].why;
  for (let below = 0; below <= layer; below++) if (!recording.attention[below]) return recording.errors[below] || "loading";
  return "";
}

/**
 * Rollout from one layer down to the first, for the query of the answer.
 * @param {Recording} recording @param {Answer} answer @param {number} layer
 */
export function rollOne(recording, answer, layer) {
  if (rolloutBar(recording, answer, layer)) return null;
  const start = startVector(recording, answer);
  const matrices = [];
  for (let below = 0; below <= layer; below++) matrices.push(/** @type {Float32Array} */ (meanOf(recording, below)));
  const residual = recording.facts.residual;
  if (answer.direction === "to") return (answer.layers[layer].rollout = rolloutTo(matrices, layer, start, residual));
  const results = rolloutFrom(matrices, start, residual);
  results.forEach((vector, below) => (answer.layers[below].rollout = vector));
  return results[layer];
}

/** @param {Recording} recording @param {Answer} answer */
function startVector(recording, answer) {
  const { tokens, place, count } = answer.layers[0];
  const start = new Float32Array(count);
  if (place >= 0) start[place] = 1;
  else start.fill(1 / (count - tokens.prefix.length), tokens.prefix.length);
  return start;
}

/**
 * The values of one cell of the grid, or null where there are none.
 * @param {Answer} answer @param {number} layer @param {number | "all" | "rollout"} row
 */
export function cellValues(answer, layer, row) {
  const own = answer.layers[layer];
  if (!own) return null;
  if (row === "rollout") return own.rollout;
  if (own.why) return null;
  if (row === "all") return own.all;
  return row < own.heads ? own.values.subarray(row * own.count, (row + 1) * own.count) : null;
}
