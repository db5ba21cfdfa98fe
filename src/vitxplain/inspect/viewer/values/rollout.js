/** Attention rollout (Abnar and Zuidema, 2020) of one query: a vector times the matrices, never their product. */

/**
 * What a query sees through the layers up to one of them: the start vector goes down from that layer to the first.
 * @param {Float32Array[]} matrices the mean of the heads of each layer, tokens x tokens
 * @param {number} last the layer from which the query looks @param {Float32Array} start who asks, one weight a token
 * @param {number} residual weight of the skip connection
 */
export function rolloutTo(matrices, last, start, residual) {
  let vector = start;
  for (let layer = last; layer >= 0; layer--) vector = backward(matrices[layer], vector, residual);
  return vector;
}

/**
 * Who sees a token through the layers, one vector for each last layer.
 * @param {Float32Array[]} matrices @param {Float32Array} start @param {number} residual
 */
export function rolloutFrom(matrices, start, residual) {
  const results = [];
  let vector = start;
  for (const matrix of matrices) {
    vector = forward(matrix, vector, residual);
    results.push(vector);
  }
  return results;
}

/** @param {Float32Array} matrix @param {Float32Array} vector @param {number} residual */
function backward(matrix, vector, residual) {
  const count = vector.length;
  const out = new Float64Array(count);
  const some = new Int32Array(count);
  let held = 0;
  for (let query = 0; query < count; query++) if (vector[query] > 1e-9) some[held++] = query;
  const share = 1 - residual;
  // Eight rows at a time: the sums are read and written an eighth as often.
  const whole = held - (held % 8);
  for (let first = 0; first < whole; first += 8) {
    const a = some[first] * count;
    const b = some[first + 1] * count;
    const c = some[first + 2] * count;
    const d = some[first + 3] * count;
    const e = some[first + 4] * count;
    const f = some[first + 5] * count;
    const g = some[first + 6] * count;
    const h = some[first + 7] * count;
    const p = share * vector[some[first]];
    const q = share * vector[some[first + 1]];
    const r = share * vector[some[first + 2]];
    const s = share * vector[some[first + 3]];
    const t = share * vector[some[first + 4]];
    const u = share * vector[some[first + 5]];
    const v = share * vector[some[first + 6]];
    const w = share * vector[some[first + 7]];
    for (let key = 0; key < count; key++) {
      out[key] += p * matrix[a + key] + q * matrix[b + key] + r * matrix[c + key] + s * matrix[d + key] + t * matrix[e + key] + u * matrix[f + key] + v * matrix[g + key] + w * matrix[h + key];
    }
  }
  for (let place = whole; place < held; place++) {
    const weight = share * vector[some[place]];
    for (let key = 0, start = some[place] * count; key < count; key++) out[key] += weight * matrix[start + key];
  }
  for (let token = 0; token < count; token++) out[token] += residual * vector[token];
  return Float32Array.from(out);
}

/** @param {Float32Array} matrix @param {Float32Array} vector @param {number} residual */
function forward(matrix, vector, residual) {
  const count = vector.length;
  const out = new Float32Array(count);
  for (let query = 0; query < count; query++) {
    const start = query * count;
    let sum = 0;
    for (let key = 0; key < count; key++) sum += matrix[start + key] * vector[key];
    out[query] = (1 - residual) * sum + residual * vector[query];
  }
  return out;
}

/**
 * The layers through which rollout can go: whole, square and all of one size, from the first on.
 * @param {import("../types.js").Layer[]} layers
 * @returns {number} how many
 */
export function chainLength(layers) {
  let length = 0;
  for (const layer of layers) {
    const square = layer.queries.count === layer.keys.count && layer.queries.count === layers[0].queries.count;
    const grid = String(layer.queries.grid) === String(layer.keys.grid);
    if (layer.rows !== "all" || layer.kind === "window" || !square || !grid || layer.keys.kind !== layers[0].keys.kind) break;
    length++;
  }
  return length;
}
