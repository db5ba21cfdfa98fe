import assert from "node:assert/strict";
import { test } from "node:test";

import { makeWindows, readWindowColumn, readWindowRow } from "../values/windows.js";

/** A grid of 1 x 3 in two windows of two, the last place of the second is padding. */
const windows = makeWindows(Int32Array.from([0, 2, 1, -1]), 2, 3);
const attention = { data: Float32Array.from([0.75, 0.25, 0.5, 0.5, 0.875, 0.125, 1, 0]), peaks: null, heads: 1, queries: 4, keys: 2 };

test("a query's row lies on the places of its window", () => {
  assert.deepEqual([...readWindowRow(attention, windows, 0, 0, new Float32Array(3))], [0.75, 0, 0.25]);
  assert.deepEqual([...readWindowRow(attention, windows, 0, 2, new Float32Array(3))], [0.5, 0, 0.5]);
  assert.deepEqual([...readWindowRow(attention, windows, 0, 1, new Float32Array(3))], [0, 0.875, 0]);
});

test("who looks at a place is within its window too", () => {
  assert.deepEqual([...readWindowColumn(attention, windows, 0, 2, new Float32Array(3))], [0.25, 0, 0.5]);
  const bytes = { ...attention, data: Uint8Array.from([255, 255, 255, 0, 0, 255, 255, 255]), peaks: Float32Array.from([0.5, 1, 2, 4]) };
  assert.deepEqual([...readWindowColumn(bytes, windows, 0, 0, new Float32Array(3))], [0.5, 0, 1]);
  assert.deepEqual([...readWindowColumn(bytes, windows, 0, 1, new Float32Array(3))], [0, 0, 0]);
});
