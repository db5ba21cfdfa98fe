/** The smallest set of patches that holds a share of a map, and its outline. */

import { percent } from "./words.js";

/**
 * @param {Float32Array} values @param {number} share 0 to 1
 * @returns {Uint8Array} 1 where a patch belongs to the set
 */
export function massSet(values, share) {
  const inside = new Uint8Array(values.length);
  const sorted = Float32Array.from(values).sort();
  let total = 0;
  for (const value of sorted) if (value > 0) total += value;
  const wanted = share * total * (1 - 1e-6);
  let sum = 0;
  let last = sorted.length;
  while (last > 0 && Number.isNaN(sorted[last - 1])) last--;
  while (last > 0 && sum < wanted && sorted[last - 1] > 0) sum += sorted[--last];
  const least = sorted[last];
  // Of patches with the least value as many belong to it as were taken, the first ones.
  let same = 0;
  for (let place = last; place < sorted.length && sorted[place] === least; place++) same++;
  for (let place = 0; place < values.length; place++) if (values[place] > least || (values[place] === least && same-- > 0)) inside[place] = 1;
  return inside;
}

/**
 * How many pieces the set has (patches that touch by an edge are one).
 * @param {Uint8Array} inside @param {number} rows @param {number} columns
 */
export function islands(inside, rows, columns) {
  const left = Uint8Array.from(inside);
  const stack = new Int32Array(left.length);
  let count = 0;
  for (let first = 0; first < left.length; first++) {
    if (!left[first]) continue;
    count++;
    let size = 1;
    stack[0] = first;
    left[first] = 0;
    while (size) {
      const place = stack[--size];
      const x = place % columns;
      if (x > 0 && left[place - 1]) left[(stack[size++] = place - 1)] = 0;
      if (x < columns - 1 && left[place + 1]) left[(stack[size++] = place + 1)] = 0;
      if (place >= columns && left[place - columns]) left[(stack[size++] = place - columns)] = 0;
      if (place < (rows - 1) * columns && left[place + columns]) left[(stack[size++] = place + columns)] = 0;
    }
  }
  return count;
}

/** The greatest part of the patches, and the most pieces, that an outline goes round. */
const MOST_HELD = 0.4;
const MOST_PIECES = 6;

/** @param {Float32Array} values @param {number} rows @param {number} columns @param {number} share */
function setOf(values, rows, columns, share) {
  const inside = massSet(values, share);
  let held = 0;
  for (const bit of inside) held += bit;
  const part = held / values.length;
  const pieces = held && part <= MOST_HELD ? islands(inside, rows, columns) : 0;
  const lies = `${percent(share)} of the map lies in`;
  const why = !held ? "no value is above 0" : part > MOST_HELD ? `${lies} ${percent(part)} of the patches` : pieces > MOST_PIECES ? `${lies} ${pieces} pieces` : "";
  return { inside, why };
}

/**
 * What an outline that is wanted would have to go round, where that is too much and none is drawn; else an empty text.
 * @param {Float32Array} values @param {number} rows @param {number} columns @param {number} share
 */
export function whyNoOutline(values, rows, columns, share) {
  return share > 0 ? setOf(values, rows, columns, share).why : "";
}

/**
 * The edges of the set, in patches: [x0, y0, x1, y1] each; null where an outline says nothing (the set holds more than
 * 40 % of the patches, or has more than six pieces).
 * @param {Float32Array} values @param {number} rows @param {number} columns @param {number} share
 * @returns {number[][] | null}
 */
export function outline(values, rows, columns, share) {
  if (share <= 0) return null;
  const { inside, why } = setOf(values, rows, columns, share);
  if (why) return null;
  /** @type {number[][]} */
  const edges = [];
  /** @param {number} y @param {number} x */
  const at = (y, x) => y >= 0 && x >= 0 && y < rows && x < columns && inside[y * columns + x];
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      if (!at(y, x)) continue;
      if (!at(y - 1, x)) edges.push([x, y, x + 1, y]);
      if (!at(y + 1, x)) edges.push([x, y + 1, x + 1, y + 1]);
      if (!at(y, x - 1)) edges.push([x, y, x, y + 1]);
      if (!at(y, x + 1)) edges.push([x + 1, y, x + 1, y + 1]);
    }
  }
  return edges;
}
