/** One question put to every layer and head of a recording. */

import { fuse, readColumn, readRow } from "./values/quantise.js";
import { placeOf, sameQuery } from "./values/query.js";
import { rolloutFrom, rolloutTo } from "./values/rollout.js";
import { readWindowColumn, readWindowRow } from "./values/windows.js";
import { meanOf } from "./recording.js";

/** @typedef {import("./recording.js").Recording} Recording */
/** @typedef {import("./types.js").Query} Query */

/**
 * What one layer answers: `each` holds for each head a number a token of `tokens`; `why` is empty, or says why
 * there is nothing.
 * @typedef {{tokens: import("./types.js").Tokens, place: number, heads: number, count: number, each: Float32Array[],
 *   all: Float32Array, rollout: Float32Array | null, why: string}} LayerAnswer
 * `fusion` and `came` (how many layers had come) say whether the same question would have the same answer; `rolled`
 * counts the rollouts added since.
 * @typedef {{query: Query, direction: import("./types.js").Direction, fusion: import("./types.js").Fusion, came: number,
 *   rolled: number, layers: LayerAnswer[]}} Answer
 */

/** @typedef {{values: Float32Array, each: Float32Array[], all: Float32Array}} Room */

/** Room of the last answer of a recording is used again: an answer lives until the next question.
 * @type {WeakMap<Recording, Room[]>} */
const rooms = new WeakMap();

/** @param {Recording} recording @param {number} layer @param {number} heads @param {number} count @returns {Room} */
function roomOf(recording, layer, heads, count) {
  let own = rooms.get(recording);
  if (!own) rooms.set(recording, (own = []));
  if (own[layer]?.all.length === count) return own[layer];
  const values = new Float32Array(heads * count);
  const each = Array.from({ length: heads }, (_, head) => values.subarray(head * count, (head + 1) * count));
  return (own[layer] = { values, each, all: new Float32Array(count) });
}

/**
 * @param {Recording} recording @param {Query} query @param {import("./types.js").Direction} direction
 * @param {import("./types.js").Fusion} fusion @returns {Answer}
 */
export function ask(recording, query, direction, fusion) {
  const layers = recording.facts.layers.map((_, layer) => askLayer(recording, layer, query, direction, fusion));
  return { query, direction, fusion, came: recording.came, rolled: 0, layers };
}

/**
 * Whether an answer is still that of the question.
 * @param {Answer} answer @param {Recording} recording @param {Query} query @param {import("./types.js").Direction} direction
 * @param {import("./types.js").Fusion} fusion
 */
export function answers(answer, recording, query, direction, fusion) {
  return answer.came === recording.came && answer.direction === direction && answer.fusion === fusion && sameQuery(answer.query, query);
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
  const { values, each, all } = roomOf(recording, layer, facts.heads, count);
  /** @type {LayerAnswer} */
  const answer = { tokens, place, heads: facts.heads, count, each, all, rollout: null, why: "" };
  if (recording.errors[layer]) return { ...answer, why: `This layer cannot be read: ${recording.errors[layer]}` };
  const rows = recording.rows[layer];
  const whole = recording.attention[layer];
  if (direction === "to" && query === null && rows) {
    for (let head = 0; head < facts.heads; head++) readRow(rows, head, 0, each[head]);
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
      const out = each[head];
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
  answer.rolled += 1;
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
 * @param {{layers: LayerAnswer[]}} answer @param {number} layer @param {number | "all" | "rollout"} row
 */
export function cellValues(answer, layer, row) {
  const own = answer.layers[layer];
  if (!own) return null;
  if (row === "rollout") return own.rollout;
  if (own.why) return null;
  if (row === "all") return own.all;
  return own.each[row] ?? null;
}
