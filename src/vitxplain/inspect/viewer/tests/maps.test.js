import assert from "node:assert/strict";
import { test } from "node:test";

import { colourTable, entryOf, greatest, TABLES, valueAt } from "../values/colours.js";
import { shareTops } from "../pane.js";
import { placeName } from "../values/query.js";
import { rowName } from "../values/words.js";
import { paintTile, patchOfPixel, wipeTile } from "../values/mosaic.js";
import { islands, massSet, outline, whyNoOutline } from "../values/outline.js";
import { mapSentence } from "../values/sentence.js";
import { enlarge } from "../values/smooth.js";

test("every table has 256 opaque colours and grows lighter", () => {
  for (const name of TABLES) {
    const table = colourTable(name);
    assert.equal(table.length, 256);
    const light = [...table].map((pixel) => 0.3 * (pixel & 255) + 0.59 * ((pixel >> 8) & 255) + 0.11 * ((pixel >> 16) & 255));
    assert.ok(table.every((pixel) => pixel >>> 24 === 255));
    for (let entry = 8; entry < 256; entry++) assert.ok(light[entry] >= light[entry - 8] - 1, `${name} darkens at ${entry}`);
  }
});

test("a value and its place at the bar are each other's inverse", () => {
  for (const scale of /** @type {const} */ (["map", "log"])) {
    for (const signed of [false, true]) {
      for (const share of [0.1, 0.4, 0.75, 1]) assert.ok(Math.abs(entryOf(valueAt(share, 0.3, scale, signed), 0.3, scale, signed) - 255 * share) <= 0.51);
    }
  }
});

test("a map of nothing is dark, a signed one grey in the middle, and no value leaves the table", () => {
  assert.equal(entryOf(0, 0, "map", false), 0);
  assert.equal(entryOf(0, 1, "map", true), 128);
  assert.equal(entryOf(7, 1, "map", false), 255);
  assert.equal(entryOf(-7, 1, "log", true), 0);
  assert.equal(entryOf(1e-9, 1, "log", false), 0);
  assert.equal(greatest(Float32Array.from([9, -3, 2]), 1), 3);
});

test("the set is the smallest that holds the share", () => {
  const values = Float32Array.from([0.1, 0.4, 0.2, 0.3]);
  assert.deepEqual([...massSet(values, 0.4)], [0, 1, 0, 0]);
  assert.deepEqual([...massSet(values, 0.5)], [0, 1, 0, 1]);
  assert.deepEqual([...massSet(values, 1)], [1, 1, 1, 1]);
  assert.deepEqual([...massSet(new Float32Array(4), 0.5)], [0, 0, 0, 0]);
});

test("patches that touch by a corner are two islands", () => {
  assert.equal(islands(Uint8Array.from([1, 0, 0, 1]), 2, 2), 2);
  assert.equal(islands(Uint8Array.from([1, 1, 0, 1]), 2, 2), 1);
  assert.equal(islands(Uint8Array.from([0, 0, 1, 1, 0, 0]), 2, 3), 2);
});

test("an outline goes round the set, and is left out where it would say nothing", () => {
  const peak = new Float32Array(25);
  peak[12] = 1;
  assert.deepEqual(outline(peak, 5, 5, 0.5), [[2, 2, 3, 2], [2, 3, 3, 3], [2, 2, 2, 3], [3, 2, 3, 3]]);
  assert.equal(outline(new Float32Array(25).fill(1), 5, 5, 0.5), null);
  assert.equal(whyNoOutline(new Float32Array(25).fill(1), 5, 5, 0.5), "50 % of the map lies in 52 % of the patches");
  for (const share of [0, 0.5]) assert.equal(whyNoOutline(peak, 5, 5, share), "");
  assert.equal(outline(peak, 5, 5, 0), null);
  const spots = new Float32Array(225);
  for (let spot = 0; spot < 7; spot++) spots[30 * spot] = 1;
  assert.equal(outline(spots, 15, 15, 1), null);
  assert.equal(whyNoOutline(spots, 15, 15, 1), "100 % of the map lies in 7 pieces");
  spots[0] = 0;
  assert.equal(outline(spots, 15, 15, 1)?.length, 24);
});

test("a map's colours are told by what they speak for, of a contrast by both classes", () => {
  /** @type {import("../types.js").MapFacts} */
  const map = { tensor: "maps.0", method: "cam", target: "tabby", grid: [2, 2], box: [0, 0, 1, 1], signed: true, unit: "" };
  assert.match(mapSentence(map, "0.3").more, /orange speaks for it, blue against it$/);
  assert.match(mapSentence({ ...map, sides: ["for beagle", "for tabby"] }, "0.3").more, /orange speaks for tabby, blue for beagle$/);
  assert.match(mapSentence({ ...map, target: "" }, "0.3").more, /orange is above 0, blue below$/);
  assert.equal(mapSentence({ ...map, signed: false }, "0.3").more, "2 × 2 values · greatest 0.3");
  assert.equal(mapSentence(map, "").more, "loading …");
});

test("enlarging goes through the values and stays within them", () => {
  const values = Float32Array.from([0, 1, 0, 0.25, 0.5, 1, 0, 0, 0.125]);
  const large = enlarge(values, 3, 3, 5);
  assert.equal(large.length, 225);
  for (let y = 0; y < 3; y++) for (let x = 0; x < 3; x++) assert.ok(Math.abs(large[(5 * y + 2) * 15 + 5 * x + 2] - values[3 * y + x]) < 1e-6);
  assert.ok(large.every((value) => value >= 0 && value <= 1));
});

test("a map on the screen has each patch as a rectangle, and touches nothing beside it", () => {
  const table = Uint32Array.from({ length: 256 }, (_, entry) => 1000 + entry);
  const out = new Uint32Array(8 * 6);
  const tile = { grid: /** @type {[number, number]} */ ([2, 3]), across: patchOfPixel(3, 5), down: patchOfPixel(2, 4), corner: 8 + 2, stride: 8 };
  paintTile(Float32Array.from([9, 0, 0.5, 1, 0.2, 0.4]), 1, 6, 1, "map", table, out, tile);
  const rows = Array.from({ length: 6 }, (_, y) => [...out.subarray(8 * y, 8 * y + 8)].map((pixel) => pixel && pixel - 1000));
  assert.deepEqual(rows, [Array(8).fill(0), ...[0, 1].map(() => [0, 0, 0, 0, 128, 255, 255, 0]), ...[0, 1].map(() => [0, 0, 51, 51, 102, 0, 0, 0]), Array(8).fill(0)]);
  wipeTile(out, tile);
  assert.ok(out.every((pixel) => pixel === 0));
});

test("two maps of one kind have one scale, others their own", () => {
  const panes = [["attention", 0.12], ["attention", 0.07], ["grad-cam", 3]].map(([kind, top]) => ({ map: { kind, top } }));
  shareTops(/** @type {any} */ (panes));
  assert.deepEqual(panes.map((pane) => pane.map.top), [0.12, 0.12, 3]);
});

test("places and rows have one name each", () => {
  assert.equal(placeName("patch", 5, 7), "patch 6 · 8");
  assert.deepEqual(/** @type {const} */ ([2, "all", "rollout"]).map((row) => rowName(row, "min")), ["head 3", "minimum of the heads", "rollout"]);
});
