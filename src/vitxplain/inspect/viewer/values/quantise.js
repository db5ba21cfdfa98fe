/** Values of a recording: bytes hold the square root of a value's share of the peak of its row. */

const SQUARES = Float32Array.from({ length: 256 }, (_, byte) => (byte / 255) ** 2);

/**
 * One matrix of attention a head, as it was recorded: bytes with a peak a row, or floats without peaks.
 * @typedef {{data: Uint8Array | Float32Array, peaks: Float32Array | null, heads: number, queries: number, keys: number}} Attention
 */

/**
 * The row of one query: what it looks at.
 * @param {Attention} attention @param {number} head @param {number} query
 * @param {Float32Array} out as many values as there are keys
 */
export function readRow(attention, head, query, out) {
  const { data, peaks, queries, keys } = attention;
  const start = (head * queries + query) * keys;
  const peak = peaks ? peaks[head * queries + query] : 0;
  if (peaks) for (let key = 0; key < keys; key++) out[key] = SQUARES[data[start + key]] * peak;
  else for (let key = 0; key < keys; key++) out[key] = data[start + key];
  return out;
}

/**
 * The column of one key: who looks at it.
 * @param {Attention} attention @param {number} head @param {number} key
 * @param {Float32Array} out as many values as there are queries
 */
export function readColumn(attention, head, key, out) {
  const { data, peaks, queries, keys } = attention;
  let place = head * queries * keys + key;
  const first = head * queries;
  if (peaks) for (let query = 0; query < queries; query++, place += keys) out[query] = SQUARES[data[place]] * peaks[first + query];
  else for (let query = 0; query < queries; query++, place += keys) out[query] = data[place];
  return out;
}

/**
 * The mean of the heads, as one matrix (queries x keys).
 * @param {Attention} attention
 */
export function meanOfHeads(attention) {
  const { heads, queries, keys } = attention;
  const mean = new Float32Array(queries * keys);
  const row = new Float32Array(keys);
  for (let head = 0; head < heads; head++) {
    for (let query = 0; query < queries; query++) {
      readRow(attention, head, query, row);
      const start = query * keys;
      for (let key = 0; key < keys; key++) mean[start + key] += row[key] / heads;
    }
  }
  return mean;
}

/**
 * The heads of one layer made into one: their mean, least or greatest value, place by place.
 * @param {Float32Array} values heads x count @param {number} heads @param {number} count
 * @param {"mean" | "min" | "max"} fusion @param {Float32Array} out
 */
export function fuse(values, heads, count, fusion, out) {
  out.set(values.subarray(0, count));
  for (let head = 1; head < heads; head++) {
    const start = head * count;
    if (fusion === "mean") for (let place = 0; place < count; place++) out[place] += values[start + place];
    else if (fusion === "min") for (let place = 0; place < count; place++) out[place] = Math.min(out[place], values[start + place]);
    else for (let place = 0; place < count; place++) out[place] = Math.max(out[place], values[start + place]);
  }
  if (fusion === "mean") for (let place = 0; place < count; place++) out[place] /= heads;
  return out;
}

/**
 * Half precision, widened.
 * @param {Uint16Array} halves
 */
export function widen(halves) {
  const out = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i];
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const sign = half & 0x8000 ? -1 : 1;
    if (exponent === 0) out[i] = sign * fraction * 2 ** -24;
    else if (exponent === 31) out[i] = fraction ? NaN : sign * Infinity;
    else out[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return out;
}

/**
 * The bytes of a tensor, as numbers.
 * @param {Uint8Array} bytes @param {string} dtype "U8", "F16", "F32" or "I32" @param {number[]} shape
 * @returns {import("../types.js").Tensor}
 */
export function readTensor(bytes, dtype, shape) {
  const size = { U8: 1, F16: 2, F32: 4, I32: 4 }[dtype];
  if (!size) throw new Error(`A tensor of type ${dtype}; the viewer reads U8, F16, F32 and I32.`);
  const count = shape.reduce((product, n) => product * n, 1);
  if (bytes.length !== count * size) {
    throw new Error(`A tensor of shape ${shape.join(" x ")} and type ${dtype} has ${bytes.length} bytes, not ${count * size}.`);
  }
  if (dtype === "U8") return { dtype, shape, data: bytes };
  const whole = bytes.byteOffset % size ? bytes.slice() : bytes;
  if (dtype === "I32") return { dtype, shape, data: new Int32Array(whole.buffer, whole.byteOffset, count) };
  if (dtype === "F32") return { dtype, shape, data: new Float32Array(whole.buffer, whole.byteOffset, count) };
  return { dtype, shape, data: widen(new Uint16Array(whole.buffer, whole.byteOffset, count)) };
}
