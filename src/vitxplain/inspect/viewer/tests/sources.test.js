import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";

import { fromBase64, gunzip } from "../sources/embedded.js";
import { http } from "../sources/http.js";
import { joined } from "../sources/joined.js";
import { readHeader, readSlot } from "../sources/safetensors.js";
import { widget } from "../sources/widget.js";

/** @param {string} padding makes the header long */
function file(padding = "") {
  const header = JSON.stringify({
    __metadata__: { vitxplain: JSON.stringify({ schema: 1, name: "cat", padding }) },
    late: { dtype: "F32", shape: [2], data_offsets: [3, 11] },
    "rows.00": { dtype: "U8", shape: [1, 3], data_offsets: [0, 3] },
  });
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + 11);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set([1, 2, 3], 8 + text.length);
  bytes.set(new Uint8Array(Float32Array.from([0.5, 4]).buffer), 11 + text.length);
  return bytes;
}

/** @param {Uint8Array} bytes @param {[number, number][]} reads */
const reader = (bytes, reads) => async (/** @type {number} */ start, /** @type {number} */ end) => {
  reads.push([start, end]);
  return bytes.slice(start, end);
};

test("a tensor is found by its offsets, and only its bytes are read", async () => {
  for (const [bytes, others] of /** @type {[Uint8Array, number][]} */ ([[file(), 0], [file("x".repeat(70000)), 1]])) {
    /** @type {[number, number][]} */
    const reads = [];
    const read = reader(bytes, reads);
    const header = await readHeader(read);
    assert.equal(header.facts.name, "cat");
    const before = reads.length;
    assert.deepEqual([...(await readSlot(read, header, "late")).data], [0.5, 4]);
    assert.deepEqual(reads.slice(before), [[bytes.length - 8, bytes.length]].slice(0, others)); // with a short header it came along
    await assert.rejects(readSlot(read, header, "attention.07"), /no tensor “attention.07”/);
  }
});

test("what is cut short or foreign is refused in words", async () => {
  await assert.rejects(readHeader(reader(new Uint8Array(3), [])), /cut short/);
  await assert.rejects(readHeader(reader(file("x".repeat(70000)).slice(0, 50000), [])), /cut short/);
  await assert.rejects(readHeader(reader(new Uint8Array(64).fill(255), [])), /larger than 32 MB/);
});

test("a server is asked for ranges; one that sends the whole file is understood", async (context) => {
  const bytes = file();
  for (const status of [206, 200]) {
    /** @type {string[]} */
    const asked = [];
    context.mock.method(globalThis, "fetch", async (/** @type {string} */ address, /** @type {RequestInit} */ options) => {
      const range = /** @type {Record<string, string>} */ (options.headers).Range;
      asked.push(`${address} ${range}`);
      const [start, end] = range.slice(6).split("-").map(Number);
      return new Response(status === 206 ? bytes.slice(start, end + 1) : bytes, { status });
    });
    const tensor = await http("base/").tensor("run/a b.safetensors", "rows.00");
    assert.deepEqual([...tensor.data], [1, 2, 3]);
    assert.equal(asked[0], "base/recording?id=run%2Fa%20b.safetensors bytes=0-65535");
    assert.equal(asked.length, 1); // the small tensors came along
    context.mock.restoreAll();
  }
});

test("what is asked for at once is fetched at once where it lies together, and no more than a layer", async () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, place) => place);
  /** @type {[number, number][]} */
  const reads = [];
  const read = joined(async (start, end) => {
    reads.push([start, end]);
    if (start > 1 << 23) throw new Error("gone");
    return start < 100 ? bytes.slice(start, end) : new Uint8Array(end - start);
  });
  const far = 1 << 22;
  const wanted = /** @type {[number, number][]} */ ([[far, far + (1 << 20)], [50, 60], [10, 20], [far + (1 << 20), far + (1 << 21)], [15, 52]]);
  const [, second, third, , fifth] = await Promise.all(wanted.map(([start, end]) => read(start, end)));
  assert.deepEqual(reads, [[10, 60], [far, far + (1 << 20)], [far + (1 << 20), far + (1 << 21)]]);
  assert.deepEqual([second[0], second.length, third[0], third.length, fifth[0], fifth.length], [50, 10, 10, 10, 15, 37]);
  await Promise.all([(1 << 23) + 1, (1 << 23) + 9].map((start) => assert.rejects(read(start, start + 4), /gone/)));
});

test("base64 of gzip comes back", async () => {
  const packed = gzipSync(Uint8Array.from([0, 255, 7])).toString("base64");
  assert.deepEqual([...(await gunzip(fromBase64(packed)))], [0, 255, 7]);
});

test("a notebook's answer is matched to its question, whatever kind of buffer it brings", async () => {
  for (const wrap of [(/** @type {Uint8Array} */ b) => new DataView(b.buffer, b.byteOffset, b.byteLength), (/** @type {Uint8Array} */ b) => b.slice().buffer]) {
    /** @type {any[]} */
    const sent = [];
    /** @type {(content: any, buffers: unknown[]) => void} */
    let answer = () => {};
    const source = widget({ get: () => ({ records: [], left_out: [] }), set() {}, save_changes() {}, send: (content) => sent.push(content), on: (_, listener) => (answer = listener), off() {} });
    const [first, second] = [source.tensor("a", "rows.00"), source.tensor("a", "rows.01")];
    const padded = Uint8Array.from([9, 9, 5, 6]);
    answer({ number: sent[1].number, error: "No such tensor." }, []);
    answer({ number: sent[0].number, dtype: "U8", shape: [2] }, [wrap(padded.subarray(2))]);
    assert.deepEqual([...(await first).data], [5, 6]);
    await assert.rejects(second, /No such tensor/);
  }
});
