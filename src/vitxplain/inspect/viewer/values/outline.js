/** The smallest set of patches that holds a share of a map, and its outline. */

/**
 * @param {Float32Array} values @param {number} share 0 to 1
 * @returns {Uint8Array} 1 where a patch belongs to the set
 */
export function massSet(values, share) {
  const inside = new Uint8Array(values.length);
  let total = 0;
  for (const value of values) if (value > 0) total += value;
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
  let sum = 0;
  for (const place of order) {
    if (sum >= share * total * (1 - 1e-6) || !(values[place] > 0)) break;
    inside[place] = 1;
    sum += values[place];
  }
  return inside;
}

/**
 * How many pieces the set has (patches that touch by an edge are one).
 * @param {Uint8Array} inside @param {number} rows @param {number} columns
 */
export function islands(inside, rows, columns) {
  const seen = new Uint8Array(inside.length);
  let count = 0;
  for (let first = 0; first < inside.length; first++) {
    if (!inside[first] || seen[first]) continue;
    count++;
    const stack = [first];
    seen[first] = 1;
    while (stack.length) {
      const place = /** @type {number} */ (stack.pop());
      const x = place % columns;
      const y = (place - x) / columns;
      const next = [x > 0 ? place - 1 : -1, x < columns - 1 ? place + 1 : -1, y > 0 ? place - columns : -1, y < rows - 1 ? place + columns : -1];
      for (const other of next) {
        if (other < 0 || !inside[other] || seen[other]) continue;
        seen[other] = 1;
        stack.push(other);
      }
    }
  }
  return count;
}

/**
 * The edges of the set, in patches: [x0, y0, x1, y1] each; null where an outline says nothing (the set holds more than
 * 40 % of the patches, or has more than six pieces).
 * @param {Float32Array} values @param {number} rows @param {number} columns @param {number} share
 * @returns {number[][] | null}
 */
export function outline(values, rows, columns, share) {
  if (share <= 0) return null;
  const inside = massSet(values, share);
  let held = 0;
  for (const bit of inside) held += bit;
  if (held === 0 || held > 0.4 * values.length || islands(inside, rows, columns) > 6) return null;
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
