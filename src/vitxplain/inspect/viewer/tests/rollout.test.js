import assert from "node:assert/strict";
import { test } from "node:test";

import { chainLength, rolloutFrom, rolloutTo } from "../values/rollout.js";

/** Rows that sum to one. @param {number} seed @param {number} count */
function matrix(seed, count) {
  const out = new Float32Array(count * count);
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let column = 0; column < count; column++) sum += out[row * count + column] = 1 + Math.abs(Math.sin(seed + 7 * row + 3 * column));
    for (let column = 0; column < count; column++) out[row * count + column] /= sum;
  }
  return out;
}

/** The paper's product of matrices, in full. @param {Float32Array[]} matrices @param {number} count @param {number} residual */
function product(matrices, count, residual) {
  let all = Array.from({ length: count }, (_, r) => Array.from({ length: count }, (_, c) => (r === c ? 1 : 0)));
  for (const own of matrices) {
    const mixed = Array.from({ length: count }, (_, r) => Array.from({ length: count }, (_, c) => (1 - residual) * own[r * count + c] + (r === c ? residual : 0)));
    all = mixed.map((row) => all[0].map((_, c) => row.reduce((sum, weight, k) => sum + weight * all[k][c], 0)));
  }
  return all;
}

const COUNT = 6;
const MATRICES = [0.3, 1.7, 4.1].map((seed) => matrix(seed, COUNT));

test("rollout of one query is a row of the full product, up to each layer", () => {
  for (const last of [0, 1, 2]) {
    const full = product(MATRICES.slice(0, last + 1), COUNT, 0.4);
    for (const query of [0, 4]) {
      const start = new Float32Array(COUNT);
      start[query] = 1;
      rolloutTo(MATRICES, last, start, 0.4).forEach((value, key) => assert.ok(Math.abs(value - full[query][key]) < 1e-6));
    }
  }
});

test("who sees a token through the layers is a column of the full product", () => {
  const start = new Float32Array(COUNT);
  start[3] = 1;
  const results = rolloutFrom(MATRICES, start, 0.5);
  for (const last of [0, 1, 2]) {
    const full = product(MATRICES.slice(0, last + 1), COUNT, 0.5);
    results[last].forEach((value, query) => assert.ok(Math.abs(value - full[query][3]) < 1e-6));
  }
});

test("rollout goes through layers that keep every token and record all queries", () => {
  const tokens = (/** @type {number} */ count) => ({ kind: "patches", count, prefix: [], grid: null, names: null });
  const layer = (/** @type {number} */ queries, /** @type {number} */ keys, /** @type {"all" | "class"} */ rows = "all") => ({ number: 0, path: "", title: "", kind: "token", heads: 1, queries: tokens(queries), keys: tokens(keys), rows, precision: /** @type {const} */ ("sqrt8"), note: "" });
  assert.equal(chainLength([layer(9, 9), layer(9, 9), layer(4, 4)]), 2);
  assert.equal(chainLength([layer(9, 9), layer(9, 9, "class")]), 1);
  assert.equal(chainLength([layer(3, 9)]), 0);
  assert.equal(chainLength([]), 0);
});
