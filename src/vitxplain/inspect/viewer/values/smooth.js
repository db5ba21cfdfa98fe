/** Enlarging a map: Catmull-Rom, which goes through the values; what overshoots is kept within their range. */

/** @type {Map<string, {first: Int32Array, weights: Float32Array}>} */
const taps = new Map();

/** @param {number} count @param {number} factor */
function tapsOf(count, factor) {
  const key = `${count}x${factor}`;
  const known = taps.get(key);
  if (known) return known;
  const first = new Int32Array(count * factor * 4);
  const weights = new Float32Array(count * factor * 4);
  for (let x = 0; x < count * factor; x++) {
    const u = (x + 0.5) / factor - 0.5;
    const i = Math.floor(u);
    const t = u - i;
    const w = [((-0.5 * t + 1) * t - 0.5) * t, (1.5 * t - 2.5) * t * t + 1, ((-1.5 * t + 2) * t + 0.5) * t, (0.5 * t - 0.5) * t * t];
    for (let j = 0; j < 4; j++) {
      first[4 * x + j] = Math.max(0, Math.min(count - 1, i - 1 + j));
      weights[4 * x + j] = w[j];
    }
  }
  const made = { first, weights };
  taps.set(key, made);
  return made;
}

/** Room of the last map, used again. @type {[Float32Array, Float32Array]} */
let room = [new Float32Array(0), new Float32Array(0)];

/** @param {number} half @param {number} whole */
function roomFor(half, whole) {
  if (room[0].length !== half || room[1].length !== whole) room = [new Float32Array(half), new Float32Array(whole)];
  return room;
}

/**
 * What is returned lives until the next call.
 * @param {Float32Array} values rows x columns @param {number} rows @param {number} columns @param {number} factor
 * @returns {Float32Array} (rows * factor) x (columns * factor)
 */
export function enlarge(values, rows, columns, factor) {
  const wide = columns * factor;
  const high = rows * factor;
  const along = tapsOf(columns, factor);
  const down = tapsOf(rows, factor);
  const [half, out] = roomFor(rows * wide, high * wide);
  let low = Infinity;
  let top = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > top) top = value;
  }
  for (let y = 0; y < rows; y++) {
    const start = y * columns;
    for (let x = 0; x < wide; x++) {
      const k = 4 * x;
      half[y * wide + x] =
        along.weights[k] * values[start + along.first[k]] +
        along.weights[k + 1] * values[start + along.first[k + 1]] +
        along.weights[k + 2] * values[start + along.first[k + 2]] +
        along.weights[k + 3] * values[start + along.first[k + 3]];
    }
  }
  for (let y = 0; y < high; y++) {
    const k = 4 * y;
    const a = down.first[k] * wide;
    const b = down.first[k + 1] * wide;
    const c = down.first[k + 2] * wide;
    const d = down.first[k + 3] * wide;
    const p = down.weights[k];
    const q = down.weights[k + 1];
    const r = down.weights[k + 2];
    const s = down.weights[k + 3];
    for (let x = 0; x < wide; x++) {
      const value = p * half[a + x] + q * half[b + x] + r * half[c + x] + s * half[d + x];
      out[y * wide + x] = value < low ? low : value > top ? top : value;
    }
  }
  return out;
}
