import assert from "node:assert/strict";
import { test } from "node:test";

import { columns, dots, nearest, ticks } from "../values/chart_layout.js";
import { cellAt, cellCorner, fit, gridLayout } from "../values/layout.js";
import { movedQuery, patchQuery, placeOf, queryName } from "../values/query.js";
import { attentionSentence } from "../values/sentence.js";
import { shares, wholeOf } from "../values/shares.js";
import { percent, plain } from "../values/words.js";

const ROOMS = [
  { width: 800, height: 780, layers: 12, heads: 3, extra: 2, aspect: 0.66, charts: 2 },
  { width: 800, height: 780, layers: 12, heads: 12, extra: 2, aspect: 1, charts: 2 },
  { width: 520, height: Infinity, layers: 24, heads: 16, extra: 1, aspect: 1, charts: 2 },
];

test("the grid and its charts stay within the room", () => {
  for (const room of ROOMS) {
    const layout = gridLayout(room);
    const [x, y, wide, high] = layout.charts;
    assert.ok(layout.width <= room.width + 1 && x + wide <= room.width + 1, JSON.stringify(layout));
    assert.ok(layout.height <= room.height && y + high <= room.height + 1, JSON.stringify(layout));
    assert.ok(high >= 100 && wide >= 240, JSON.stringify(layout));
    assert.ok(layout.beside ? x > layout.width : y > layout.height, "the charts lie over the grid");
  }
});

test("charts stand beside few layers, where room is left", () => {
  assert.ok(gridLayout({ width: 730, height: 780, layers: 5, heads: 4, extra: 2, aspect: 1, charts: 2 }).beside);
  assert.ok(!gridLayout(ROOMS[0]).beside);
});

test("the middle of each cell is found again, the gaps are nobody's", () => {
  const layout = gridLayout(ROOMS[0]);
  for (const [column, row] of [[0, 0], [11, 4], [5, 3]]) {
    const [x, y] = cellCorner(layout, column, row);
    assert.deepEqual(cellAt(layout, x + layout.cell[0] / 2, y + layout.cell[1] / 2), [column, row]);
    assert.equal(cellAt(layout, x + layout.cell[0] + 1, y + 2), null);
  }
  assert.equal(cellAt(layout, 10, 40), null);
});

test("a photograph keeps its proportions", () => {
  assert.deepEqual(fit(400, 300, 200, 1000), [200, 150]);
  assert.deepEqual(fit(400, 300, 1000, 150), [200, 150]);
});

test("an axis has round numbers from zero", () => {
  assert.deepEqual(ticks(128, 3), [0, 50, 100]);
  assert.deepEqual(ticks(0.9, 4), [0, 0.5]);
  assert.deepEqual(ticks(NaN, 3), [0]);
});

test("a dot stands in its layer's column at its height; a head that is not there has none", () => {
  const frame = { left: 70, right: 470, top: 10, bottom: 110 };
  const place = columns(frame, 2, { cell: [196, 100], gap: 4, left: 70, beside: false });
  const all = dots(frame, Float32Array.from([0, 50, 100, NaN]), 2, 2, 100, 60, place);
  assert.deepEqual(all.map((dot) => [dot.layer, dot.head, dot.y, dot.far]), [[0, 0, 110, false], [0, 1, 60, true], [1, 0, 10, true]]);
  assert.equal(all[2].x, place.middle(1));
  assert.equal(nearest(all, all[1].x + 2, 61, 14), all[1]);
  assert.equal(nearest(all, 0, 0, 14), null);
});

const tokens = { kind: "patches", count: 11, prefix: ["class", "register 1"], grid: /** @type {[number, number]} */ ([3, 3]), names: null };

test("a question finds its token in layers of another grid", () => {
  assert.equal(placeOf(tokens, patchQuery([3, 3], 1, 2)), 2 + 5);
  assert.equal(placeOf({ ...tokens, grid: [6, 6], count: 38 }, patchQuery([3, 3], 1, 2)), 2 + 3 * 6 + 5);
  assert.equal(placeOf(tokens, { kind: "prefix", name: "register 1" }), 1);
  assert.equal(placeOf(tokens, { kind: "prefix", name: "register 4" }), -1);
  assert.equal(placeOf(tokens, { kind: "item", of: "text", index: 2 }), -1);
  assert.equal(placeOf({ kind: "text", count: 4, prefix: [], grid: null, names: ["a", "red", "cat", "."] }, { kind: "item", of: "text", index: 2 }), 2);
});

test("arrows move a patch within the picture", () => {
  assert.deepEqual(movedQuery([3, 3], patchQuery([3, 3], 1, 1), 1, -1), patchQuery([3, 3], 0, 2));
  assert.deepEqual(movedQuery([3, 3], patchQuery([3, 3], 0, 2), 1, -1), patchQuery([3, 3], 0, 2));
  assert.equal(queryName(patchQuery([3, 3], 0, 2), tokens, "class"), "patch 1 · 3");
  assert.equal(queryName(null, tokens, "mean"), "the average patch");
});

test("shares sum to one; neighbours are the eight around, not those across the edge", () => {
  const values = Float32Array.from([0.2, 0.1, 0.3, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05]);
  const share = shares(values, tokens, 2);
  assert.ok(share);
  assert.ok(Math.abs(share.itself - 0.3) < 1e-6 && Math.abs(share.neighbours - 0.15) < 1e-6 && Math.abs(share.special - 0.3) < 1e-6);
  assert.ok(Math.abs(share.itself + share.neighbours + share.others + share.special - 1) < 1e-6);
  assert.equal(shares(new Float32Array(11), tokens, 2), null);
});

test("numbers are said with the figures that count", () => {
  assert.deepEqual([0.1734, 0.0555, 0.00844, 0, 0.00001, NaN].map(percent), ["17 %", "5.5 %", "0.84 %", "0", "< 0.01 %", "–"]);
  assert.equal(plain(0.1234, "logits"), "0.12 logits");
});

test("minima and maxima are parts of what the mean of the heads sums to, and the sentence says the same", () => {
  const tokens = { kind: "patches", count: 3, prefix: ["class"], grid: /** @type {[number, number]} */ ([1, 2]), names: null };
  const each = [Float32Array.from([0.5, 0.25, 0.25]), Float32Array.from([0.25, 0.25, 0.5])];
  const [least, most] = [Float32Array.from([0.25, 0.25, 0.25]), Float32Array.from([0.5, 0.25, 0.5])];
  assert.equal(wholeOf(each), 1);
  assert.deepEqual(shares(least, tokens, 0, wholeOf(each)), { itself: 0.25, neighbours: 0, others: 0.5, special: 0 });
  assert.deepEqual(shares(most, tokens, 0, wholeOf(each)), { itself: 0.5, neighbours: 0, others: 0.75, special: 0 });
  assert.ok(Math.abs((shares(least, tokens, 0)?.itself ?? 0) - 1 / 3) < 1e-6);
  const said = attentionSentence({ who: "the class token", where: "layer 1", direction: "to", values: least, fused: "min", tokens, place: 0, why: "" });
  assert.match(said.more, /25 % stays on itself · minima add up to 75 %$/);
});
