/** Where the attention of one query goes. */

import { spanOf } from "./query.js";

/**
 * Shares: itself, its neighbours (the eight patches around), other patches, special tokens. They sum to one, or, of a
 * whole that is given, to whatever part of it the values are.
 * @param {Float32Array} values one a token @param {import("../types.js").Tokens} tokens @param {number} place who is asked, -1 for the average
 * @param {number} [whole] what counts as one: the sum of the values, if left out
 * @returns {{itself: number, neighbours: number, others: number, special: number} | null} null where nothing is there
 */
export function shares(values, tokens, place, whole) {
  const [prefix, end] = spanOf(tokens);
  const columns = tokens.grid ? tokens.grid[1] : 0;
  let special = 0;
  let others = 0;
  for (let token = 0; token < prefix; token++) special += values[token];
  for (let token = prefix; token < end; token++) others += values[token];
  for (let token = end; token < values.length; token++) special += values[token];
  const total = whole ?? special + others;
  if (!(total > 0) || !(special + others > 0)) return null;
  const itself = place >= 0 ? values[place] : 0;
  const patch = place >= prefix && place < end;
  if (patch) others -= itself;
  else special -= itself;
  const neighbours = patch && columns ? around(values.subarray(prefix, end), place - prefix, columns) : 0;
  return { itself: itself / total, neighbours: neighbours / total, others: Math.max(0, others - neighbours) / total, special: Math.max(0, special) / total };
}

/** The sum of the mean of heads: of what their minima or maxima are shares. @param {Float32Array[]} each a head */
export function wholeOf(each) {
  let sum = 0;
  for (const values of each) for (const value of values) sum += value;
  return sum / each.length;
}

/** The sum of the patches around one. @param {Float32Array} values @param {number} patch @param {number} columns */
function around(values, patch, columns) {
  const x = patch % columns;
  let sum = 0;
  for (let row = patch - x - columns; row <= patch - x + columns; row += columns) {
    if (row < 0 || row >= values.length) continue;
    for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++) if (row + column !== patch) sum += values[row + column];
  }
  return sum;
}
