/** Recordings of a notebook's kernel, by the messages of anywidget. */

import { readTensor } from "../values/quantise.js";

/**
 * @typedef {{get(name: string): any, set(name: string, value: unknown): void, save_changes(): void,
 *   send(content: unknown): void, on(event: string, listener: (...values: any[]) => void): void,
 *   off(event: string, listener: (...values: any[]) => void): void}} Model
 */

/**
 * @param {Model} model
 * @returns {import("../types.js").Source & {close(): void}}
 */
export function widget(model) {
  /** @type {Map<number, {resolve: (answer: {content: any, buffers: unknown[]}) => void, reject: (error: Error) => void}>} */
  const waiting = new Map();
  let number = 0;
  /** @param {any} content @param {unknown[]} buffers */
  const listen = (content, buffers) => {
    const wait = waiting.get(content?.number);
    if (!wait) return;
    waiting.delete(content.number);
    if (content.error) wait.reject(new Error(String(content.error)));
    else wait.resolve({ content, buffers: buffers ?? [] });
  };
  model.on("msg:custom", listen);
  /** @param {Record<string, unknown>} question @returns {Promise<{content: any, buffers: unknown[]}>} */
  const ask = (question) =>
    new Promise((resolve, reject) => {
      number += 1;
      waiting.set(number, { resolve, reject });
      model.send({ ...question, number });
    });
  return {
    async index() {
      return model.get("index");
    },
    async facts(id) {
      return (await ask({ kind: "facts", id })).content.facts;
    },
    async tensor(id, name) {
      const { content, buffers } = await ask({ kind: "tensor", id, name });
      return readTensor(bytesOf(buffers[0]), content.dtype, content.shape);
    },
    close() {
      model.off("msg:custom", listen);
    },
  };
}

/**
 * Hosts hand bytes over as a DataView, some as an ArrayBuffer.
 * @param {unknown} buffer
 */
function bytesOf(buffer) {
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
  throw new Error("The notebook sent no bytes for a tensor.");
}
