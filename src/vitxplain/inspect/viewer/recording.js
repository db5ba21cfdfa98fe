/** One recording, opened: what is needed first is loaded first, the rest when it comes. */

import { meanOfHeads } from "./values/quantise.js";
import { chainLength } from "./values/rollout.js";
import { makeWindows } from "./values/windows.js";

/** @typedef {import("./values/quantise.js").Attention} Attention */
/** @typedef {import("./types.js").Tensor} Tensor */

/**
 * @typedef {object} Recording
 * @property {string} id
 * @property {import("./types.js").Facts} facts
 * @property {ImageBitmap | null} image
 * @property {string} imageError
 * @property {(Attention | null)[]} rows the default query's rows of each layer
 * @property {(Attention | null)[]} attention the whole of each layer, null until it came
 * @property {(import("./values/windows.js").Windows | null)[]} windows where a layer attends within windows
 * @property {string[]} errors what went wrong with a layer
 * @property {(Float32Array | null)[]} means
 * @property {Float32Array | null} statistics layers x heads x kinds
 * @property {number} statisticHeads
 * @property {Float32Array | null} positions
 * @property {number} positionCount
 * @property {(Float32Array | null)[]} maps
 * @property {number} came how many layers came, or failed to
 * @property {number} chain layers through which rollout can go
 * @property {(layer: number) => Promise<void>} load brings the whole of one layer
 */

/** @param {number} number */
const two = (number) => String(number).padStart(2, "0");

/**
 * @param {import("./types.js").Source} source @param {string} id
 * @returns {Promise<Recording>}
 */
export async function openRecording(source, id) {
  const facts = await source.facts(id);
  for (const layer of facts.layers ?? []) [layer.queries, layer.keys].forEach(nameItems);
  if (facts.schema !== 1) throw new Error(`This recording has schema ${facts.schema}; this viewer reads schema 1. Update vitxplain.`);
  /** @type {Promise<void>[]} */
  const loads = [];
  /** @type {Recording} */
  const recording = {
    id,
    facts,
    image: null,
    imageError: "",
    rows: facts.layers.map(() => null),
    attention: facts.layers.map(() => null),
    windows: facts.layers.map(() => null),
    errors: facts.layers.map(() => ""),
    means: facts.layers.map(() => null),
    statistics: null,
    statisticHeads: 0,
    positions: null,
    positionCount: 0,
    maps: facts.maps.map(() => null),
    came: 0,
    chain: chainLength(facts.layers),
    load: (layer) => (loads[layer] ??= loadLayer(source, recording, layer)),
  };
  await Promise.all([loadImage(source, recording), loadStatistics(source, recording), ...facts.layers.map((_, layer) => loadRows(source, recording, layer))]);
  return recording;
}

/** Names are those of all tokens, or of the ones after the prefix, as the viewer has them. @param {import("./types.js").Tokens} tokens */
function nameItems(tokens) {
  if (tokens.names && tokens.prefix.length && tokens.names.length === tokens.count) tokens.names = tokens.names.slice(tokens.prefix.length);
}

/** @param {import("./types.js").Source} source @param {Recording} recording */
async function loadImage(source, recording) {
  try {
    const { data } = await source.tensor(recording.id, "image");
    recording.image = await createImageBitmap(new Blob([/** @type {BlobPart} */ (data)], { type: recording.facts.picture.media }));
  } catch (error) {
    recording.imageError = `The picture cannot be drawn: ${messageOf(error)}`;
  }
}

/** @param {import("./types.js").Source} source @param {Recording} recording */
async function loadStatistics(source, recording) {
  if (!recording.facts.statistics.length) return;
  try {
    const { data, shape } = await source.tensor(recording.id, "statistics");
    recording.statistics = /** @type {Float32Array} */ (data);
    recording.statisticHeads = shape[1];
  } catch {
    recording.statistics = null;
  }
}

/** @param {import("./types.js").Source} source @param {Recording} recording @param {number} layer */
async function loadRows(source, recording, layer) {
  const facts = recording.facts.layers[layer];
  const number = two(facts.number);
  try {
    const [rows, peaks] = await Promise.all([source.tensor(recording.id, `rows.${number}`), source.tensor(recording.id, `row_peaks.${number}`)]);
    recording.rows[layer] = attentionOf(rows, peaks, facts.heads, 1, facts.keys.count);
  } catch (error) {
    recording.errors[layer] = messageOf(error);
  }
}

/** @param {import("./types.js").Source} source @param {Recording} recording @param {number} layer */
async function loadLayer(source, recording, layer) {
  const facts = recording.facts.layers[layer];
  if (facts.rows !== "all") return;
  const number = two(facts.number);
  try {
    const [peaks, whole] = await Promise.all([facts.precision === "sqrt8" ? source.tensor(recording.id, `peaks.${number}`) : null, source.tensor(recording.id, `attention.${number}`)]);
    if (facts.kind === "window") {
      const places = await source.tensor(recording.id, `windows.${number}`);
      const [count, size] = places.shape;
      recording.windows[layer] = makeWindows(/** @type {Int32Array} */ (places.data), size, facts.keys.count);
      recording.attention[layer] = attentionOf(whole, peaks, facts.heads, count * size, size);
    } else {
      recording.attention[layer] = attentionOf(whole, peaks, facts.heads, facts.queries.count, facts.keys.count);
    }
  } catch (error) {
    recording.errors[layer] = messageOf(error);
  }
  recording.came += 1;
}

/** @param {Tensor} values @param {Tensor | null} peaks @param {number} heads @param {number} queries @param {number} keys @returns {Attention} */
function attentionOf(values, peaks, heads, queries, keys) {
  if (values.data.length !== heads * queries * keys || (peaks && peaks.data.length !== heads * queries)) {
    throw new Error(`A layer of shape ${values.shape.join(" x ")} where the facts say ${heads} x ${queries} x ${keys}.`);
  }
  return { data: /** @type {Uint8Array | Float32Array} */ (values.data), peaks: peaks ? /** @type {Float32Array} */ (peaks.data) : null, heads, queries, keys };
}

/**
 * The map of a method, loaded at its first use.
 * @param {import("./types.js").Source} source @param {Recording} recording @param {number} map
 */
export async function loadMap(source, recording, map) {
  const facts = recording.facts.maps[map];
  if (!facts || recording.maps[map]) return;
  recording.maps[map] = /** @type {Float32Array} */ ((await source.tensor(recording.id, facts.tensor)).data);
}

/** @param {import("./types.js").Source} source @param {Recording} recording */
export async function loadPositions(source, recording) {
  if (recording.positions || !recording.facts.positions) return;
  const { data, shape } = await source.tensor(recording.id, "positions");
  recording.positions = /** @type {Float32Array} */ (data);
  recording.positionCount = shape[0];
}

/**
 * The mean of a layer's heads as a matrix; null until the layer came.
 * @param {Recording} recording @param {number} layer
 */
export function meanOf(recording, layer) {
  const whole = recording.attention[layer];
  if (!whole) return null;
  return (recording.means[layer] ??= meanOfHeads(whole));
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
