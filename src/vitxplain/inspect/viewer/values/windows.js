/** Attention within windows (Swin), laid on the grid of the picture: outside a query's window it is zero. */

import { readColumn, readRow } from "./quantise.js";

/**
 * @typedef {{places: Int32Array, count: number, size: number, homes: Int32Array}} Windows
 *   places: the place on the grid of each key of each window, -1 for padding; homes: number of the entry of each place
 */

/**
 * @param {Int32Array} places windows x size @param {number} size keys of a window @param {number} cells places of the grid
 * @returns {Windows}
 */
export function makeWindows(places, size, cells) {
  const homes = new Int32Array(cells).fill(-1);
  places.forEach((place, entry) => {
    if (place >= 0 && place < cells) homes[place] = entry;
  });
  return { places, count: places.length / size, size, homes };
}

/**
 * @param {import("./quantise.js").Attention} attention heads x (windows * size) x size @param {Windows} windows
 * @param {number} head @param {number} place of the query on the grid @param {Float32Array} out one value a place
 */
export function readWindowRow(attention, windows, head, place, out) {
  out.fill(0);
  const entry = windows.homes[place];
  if (entry < 0) return out;
  const row = readRow(attention, head, entry, new Float32Array(windows.size));
  spread(windows, Math.floor(entry / windows.size), row, out);
  return out;
}

/**
 * Who looks at a place: the queries of its window.
 * @param {import("./quantise.js").Attention} attention @param {Windows} windows @param {number} head @param {number} place
 * @param {Float32Array} out
 */
export function readWindowColumn(attention, windows, head, place, out) {
  out.fill(0);
  const entry = windows.homes[place];
  if (entry < 0) return out;
  const window = Math.floor(entry / windows.size);
  const { queries, keys } = attention;
  const first = (head * queries + window * windows.size) * keys;
  const block = {
    data: attention.data.subarray(first, first + windows.size * keys),
    peaks: attention.peaks ? attention.peaks.subarray(head * queries + window * windows.size, head * queries + (window + 1) * windows.size) : null,
    heads: 1,
    queries: windows.size,
    keys,
  };
  spread(windows, window, readColumn(block, 0, entry % windows.size, new Float32Array(windows.size)), out);
  return out;
}

/** @param {Windows} windows @param {number} window @param {Float32Array} values @param {Float32Array} out */
function spread(windows, window, values, out) {
  const start = window * windows.size;
  for (let entry = 0; entry < windows.size; entry++) {
    const place = windows.places[start + entry];
    if (place >= 0 && place < out.length) out[place] += values[entry];
  }
}
