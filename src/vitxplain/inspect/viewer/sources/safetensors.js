/** Reading a safetensors file by ranges: the length of its header, the header, then only the tensors that are asked for. */

import { readTensor } from "../values/quantise.js";

/** @typedef {import("./joined.js").Read} Read */
/** @typedef {{dtype: string, shape: number[], data_offsets: [number, number]}} Slot */
/** @typedef {{facts: import("../types.js").Facts, slots: Map<string, Slot>, body: number, first: Uint8Array}} Header  first: the file's beginning, which came with it */

/** A header is text of a few kilobytes; a foreign file must not make the page ask for gigabytes. */
const GREATEST_HEADER = 32 << 20;

/** One read that in most files brings the whole header, and the small tensors behind it. */
const FIRST = 1 << 16;

/**
 * @param {Read} read
 * @returns {Promise<Header>}
 */
export async function readHeader(read) {
  const first = await read(0, FIRST);
  if (first.length < 8) throw new Error("The recording is cut short: it has no header.");
  const length = Number(new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true));
  if (length > GREATEST_HEADER) throw new Error("This is no recording: its header would be larger than 32 MB.");
  const bytes = first.length >= 8 + length ? first.subarray(8, 8 + length) : await read(8, 8 + length);
  if (bytes.length < length) throw new Error("The recording is cut short within its header.");
  const header = JSON.parse(new TextDecoder().decode(bytes));
  const text = header.__metadata__?.vitxplain;
  if (typeof text !== "string") throw new Error("This safetensors file is no recording: its metadata has no facts.");
  delete header.__metadata__;
  return { facts: JSON.parse(text), slots: new Map(Object.entries(header)), body: 8 + length, first };
}

/**
 * @param {Read} read @param {Header} header @param {string} name
 */
export async function readSlot(read, header, name) {
  const slot = header.slots.get(name);
  if (!slot) throw new Error(`The recording has no tensor “${name}”.`);
  const [start, end] = slot.data_offsets.map((offset) => header.body + offset);
  const bytes = end <= header.first.length ? header.first.subarray(start, end) : await read(start, end);
  return readTensor(bytes, slot.dtype, slot.shape);
}
