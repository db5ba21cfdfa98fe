import assert from "node:assert/strict";
import { test } from "node:test";

import { Catalogue } from "../catalogue.js";
import { initialState, linkOf, openingLayer, openingWords, stateOf } from "../state.js";

/** @type {import("../types.js").State} */
const state = {
  ...initialState(),
  subjects: [{ id: "a/9 & b", show: "map:2" }, { id: "c", show: "positions" }],
  layer: 3,
  row: 1,
  query: { kind: "patch", x: 0.25, y: 0.75 },
  direction: "from",
  fusion: "max",
  scale: "log",
  colours: "viridis",
  mass: 0,
  heat: 40,
  theme: "light",
};

test("a link restores the view, whoever is asked", () => {
  assert.deepEqual(stateOf(linkOf(state), initialState()), state);
  for (const query of /** @type {import("../types.js").Query[]} */ ([null, { kind: "prefix", name: "register 2" }, { kind: "item", of: "object queries", index: 7 }])) {
    for (const row of /** @type {const} */ (["all", "rollout", 0])) {
      const other = { ...state, query, row };
      assert.deepEqual(stateOf(`#${linkOf(other)}`, initialState()), other);
    }
  }
});

test("what a link says wrongly is left as it was", () => {
  const link = "record=x&show=map:-1&layer=1e9&head=wrong&at=2,0.5&direction=up&mass=1000&colours=jet&theme=pink";
  assert.deepEqual(stateOf(link, initialState()), { ...initialState(), subjects: [{ id: "x", show: "attention" }] });
});

/** @param {string} run @param {string} name @param {number} step */
const entry = (run, name, step) => ({ id: `${run}/${name}/${step}`, name, step, run, model: "m", width: 1, height: 1 });

test("from one recording to another: nearest step, other image, other run", () => {
  const catalogue = new Catalogue([entry("a", "cat", 0), entry("a", "cat", 100), entry("a", "dog", 0), entry("b", "cat", 90)]);
  assert.deepEqual(catalogue.names("a"), ["cat", "dog"]);
  assert.equal(catalogue.nearest("a", "cat", 70)?.step, 100);
  assert.equal(catalogue.nearest("b", "dog", 0)?.name, "cat");
  const first = catalogue.records[0];
  assert.equal(catalogue.other(first)?.step, 100);
  assert.equal(catalogue.other(catalogue.records[2])?.name, "cat");
  assert.equal(catalogue.other(catalogue.records[3])?.run, "a");
  assert.deepEqual(catalogue.neighbours(first, 8).map((own) => own.id), ["a/cat/0", "a/dog/0"]);
});

test("why a view does not open with the last layer is told, and nothing where it does", () => {
  const tokens = { kind: "patches", count: 4, prefix: [], grid: /** @type {[number, number]} */ ([2, 2]), names: null };
  const layer = { number: 0, path: "", title: "", kind: "token", heads: 1, queries: tokens, keys: tokens, rows: /** @type {const} */ ("all"), precision: /** @type {const} */ ("sqrt8"), note: "" };
  const layers = Array(12).fill(layer);
  assert.match(openingWords(layers, openingLayer(layers)), /^layer 10 first: /);
  for (const opened of [11, -1]) assert.equal(openingWords(layers, opened), "");
  assert.equal(openingWords(layers.slice(0, 2), openingLayer(layers.slice(0, 2))), "");
});
