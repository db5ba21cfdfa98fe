/** Recordings of a server: an index, and files read by Range. */

import { joined } from "./joined.js";
import { readHeader, readSlot } from "./safetensors.js";

/**
 * @param {string} base address that ends with a slash
 * @returns {import("../types.js").Source}
 */
export function http(base) {
  /** @type {Map<string, Promise<import("./safetensors.js").Header>>} */
  const headers = new Map();
  /** @type {Map<string, import("./joined.js").Read>} */
  const readers = new Map();
  /** @param {string} id */
  const reader = (id) => {
    const known = readers.get(id);
    if (known) return known;
    const made = joined(async (start, end) => {
      const address = `${base}recording?id=${encodeURIComponent(id)}`;
      const response = await fetch(address, { headers: { Range: `bytes=${start}-${end - 1}` } });
      if (!response.ok) throw new Error(`The server refused the recording: ${response.status} ${response.statusText}.`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      return response.status === 206 ? bytes : bytes.subarray(start, end);
    });
    readers.set(id, made);
    return made;
  };
  /** @param {string} id */
  const headerOf = (id) => {
    const known = headers.get(id);
    if (known) return known;
    const made = readHeader(reader(id));
    headers.set(id, made);
    made.catch(() => headers.delete(id));
    return made;
  };
  return {
    async index() {
      const response = await fetch(`${base}index.json`);
      if (!response.ok) throw new Error(`The server gave no list of recordings: ${response.status} ${response.statusText}.`);
      return response.json();
    },
    async facts(id) {
      return (await headerOf(id)).facts;
    },
    async tensor(id, name) {
      return readSlot(reader(id), await headerOf(id), name);
    },
  };
}
