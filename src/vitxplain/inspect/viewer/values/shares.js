/** Where the attention of one query goes. */

import { spanOf } from "./query.js";

/**
 * Shares that sum to one: itself, its neighbours (the eight patches around), other patches, special tokens.
 * @param {Float32Array} values one a token @param {import("../types.js").Tokens} tokens @param {number} place who is asked, -1 for the average
 * @returns {{itself: number, neighbours: number, others: number, special: number} | null} null where nothing is there
 */
export function shares(values, tokens, place) {
  const [prefix, end] = spanOf(tokens);
  const columns = tokens.grid ? tokens.grid[1] : 0;
  let [itself, neighbours, others, special] = [0, 0, 0, 0];
  const patch = place - prefix;
  for (let token = 0; token < values.length; token++) {
    const value = values[token];
    if (token === place) itself += value;
    else if (token < prefix || token >= end) special += value;
    else if (columns && patch >= 0 && touching(token - prefix, patch, columns)) neighbours += value;
    else others += value;
  }
  const total = itself + neighbours + others + special;
  if (!(total > 0)) return null;
  return { itself: itself / total, neighbours: neighbours / total, others: others / total, special: special / total };
}

/** @param {number} a @param {number} b @param {number} columns */
function touching(a, b, columns) {
  return Math.abs(Math.floor(a / columns) - Math.floor(b / columns)) < 2 && Math.abs((a % columns) - (b % columns)) < 2;
}
