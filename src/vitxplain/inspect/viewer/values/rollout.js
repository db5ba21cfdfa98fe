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
  const out = new Float32Array(count);
  /** @type {number[]} */
  const some = [];
  for (let query = 0; query < count; query++) if (vector[query] > 1e-9) some.push(query);
  // Four rows at a time: the sums are read and written a quarter as often.
  for (let first = 0; first < some.length; first += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((next) => (some[first + next] ?? some[first]) * count);
    const [p, q, r, s] = [0, 1, 2, 3].map((next) => (first + next < some.length ? (1 - residual) * vector[some[first + next]] : 0));
    for (let key = 0; key < count; key++) out[key] += p * matrix[a + key] + q * matrix[b + key] + r * matrix[c + key] + s * matrix[d + key];
  }
  for (let token = 0; token < count; token++) out[token] += residual * vector[token];
  return out;
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
