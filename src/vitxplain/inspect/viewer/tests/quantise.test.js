import assert from "node:assert/strict";
import { test } from "node:test";

import { fuse, meanOfHeads, readColumn, readRow, readTensor, widen } from "../values/quantise.js";

/** Two heads, two queries, three keys. */
const attention = {
  data: Uint8Array.from([255, 128, 0, 64, 255, 32, 10, 20, 255, 255, 255, 0]),
  peaks: Float32Array.from([0.5, 0.25, 1, 0.125]),
  heads: 2,
  queries: 2,
  keys: 3,
};

/** @param {number} byte @param {number} peak */
const value = (byte, peak) => (byte / 255) ** 2 * peak;

/** @param {Iterable<number>} got @param {number[]} expected */
function near(got, expected) {
  assert.equal([...got].length, expected.length);
  [...got].forEach((number, place) => assert.ok(Math.abs(number - expected[place]) < 1e-6, `${number} is not ${expected[place]} at ${place}`));
}

test("a row is squares of the bytes times its peak", () => {
  near(readRow(attention, 0, 1, new Float32Array(3)), [value(64, 0.25), 0.25, value(32, 0.25)]);
});

test("a column takes the peak of each row", () => {
  near(readColumn(attention, 1, 2, new Float32Array(2)), [1, 0]);
  near(readColumn(attention, 1, 0, new Float32Array(2)), [value(10, 1), 0.125]);
});

test("half precision has no peaks", () => {
  const halves = { data: Float32Array.from([0.1, 0.9, 0.3, 0.7]), peaks: null, heads: 1, queries: 2, keys: 2 };
  near(readRow(halves, 0, 1, new Float32Array(2)), [0.3, 0.7]);
  near(readColumn(halves, 0, 1, new Float32Array(2)), [0.9, 0.7]);
});

test("the mean of the heads is the mean of their rows", () => {
  const mean = meanOfHeads(attention);
  near(mean.subarray(3, 6), [(value(64, 0.25) + 0.125) / 2, (0.25 + 0.125) / 2, value(32, 0.25) / 2]);
});

test("heads are made into one by mean, least and greatest", () => {
  const values = Float32Array.from([1, 5, 3, 2]);
  near(fuse(values, 2, 2, "mean", new Float32Array(2)), [2, 3.5]);
  near(fuse(values, 2, 2, "min", new Float32Array(2)), [1, 2]);
  near(fuse(values, 2, 2, "max", new Float32Array(2)), [3, 5]);
});

test("half precision is widened, with subnormal numbers and what is no number", () => {
  const halves = Uint16Array.from([0x3c00, 0xc000, 0x0001, 0x7bff, 0x3555]);
  near(widen(halves), [1, -2, 2 ** -24, 65504, 0.333251953125]);
  assert.ok(Number.isNaN(widen(Uint16Array.from([0x7e00]))[0]));
  assert.equal(widen(Uint16Array.from([0xfc00]))[0], -Infinity);
});

test("bytes are read at any offset, and a wrong length is refused", () => {
  const bytes = new Uint8Array(9);
  bytes.set(new Uint8Array(Float32Array.from([0.5, -2]).buffer), 1);
  near(readTensor(bytes.subarray(1), "F32", [2]).data, [0.5, -2]);
  assert.throws(() => readTensor(bytes, "F32", [2]), /9 bytes, not 8/);
  assert.throws(() => readTensor(bytes, "I64", [1]), /I64/);
});
