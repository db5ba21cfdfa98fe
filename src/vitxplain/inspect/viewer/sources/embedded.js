/** Recordings inside the page: script elements with text, base64 (of gzip, but for small ones), one a tensor, unpacked when they are asked for. */

import { readTensor } from "../values/quantise.js";

/**
 * The viewer may start while a large page is still read: what is not there yet is waited for.
 * @param {Document} page
 * @returns {import("../types.js").Source}
 */
export function embedded(page) {
  /** @type {Map<string, Element>} */
  const elements = new Map();
  const read = () => {
    for (const element of page.querySelectorAll("script[data-vitxplain]")) {
      elements.set(keyOf(element.getAttribute("data-vitxplain"), element.getAttribute("data-record"), element.getAttribute("data-tensor")), element);
    }
  };
  // An async script runs anywhere in the reading: the element that is being read then may lack text, and is read again.
  read();
  if (page.readyState === "loading") forgetLast(elements);
  /** @type {Promise<void> | null} */
  let whole = null;
  /** @param {string} kind @param {string | null} id @param {string | null} name */
  const find = async (kind, id, name) => {
    const key = keyOf(kind, id, name);
    if (!elements.has(key)) await (whole ??= loaded(page).then(read));
    const element = elements.get(key);
    if (!element) throw new Error(`This file does not hold ${name ?? kind}${id ? ` of “${id}”` : ""}.`);
    return element;
  };
  return {
    async index() {
      return JSON.parse((await find("index", null, null)).textContent ?? "");
    },
    async facts(id) {
      return JSON.parse((await find("facts", id, null)).textContent ?? "");
    },
    async tensor(id, name) {
      const element = await find("tensor", id, name);
      const shape = (element.getAttribute("data-shape") ?? "").split(",").filter(Boolean).map(Number);
      const bytes = fromBase64((element.textContent ?? "").trim());
      return readTensor(element.hasAttribute("data-plain") ? bytes : await gunzip(bytes), element.getAttribute("data-dtype") ?? "", shape);
    },
  };
}

/** @param {Map<string, Element>} elements */
function forgetLast(elements) {
  const last = [...elements.keys()].pop();
  if (last !== undefined) elements.delete(last);
}

/** @param {Document} page @returns {Promise<void>} */
function loaded(page) {
  if (page.readyState !== "loading") return Promise.resolve();
  return new Promise((done) => page.addEventListener("DOMContentLoaded", () => done(), { once: true }));
}

/** @param {string | null} kind @param {string | null} id @param {string | null} name */
function keyOf(kind, id, name) {
  return JSON.stringify([kind, id, name]);
}

/** @param {string} text @returns {Uint8Array} */
export function fromBase64(text) {
  const native = /** @type {{fromBase64?: (text: string) => Uint8Array}} */ (/** @type {unknown} */ (Uint8Array)).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** @param {Uint8Array} bytes */
export async function gunzip(bytes) {
  const stream = new Blob([/** @type {BlobPart} */ (bytes)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
