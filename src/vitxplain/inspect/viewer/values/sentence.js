/** The sentence that says what is shown. */

import { greatest } from "./colours.js";
import { singular, spanOf } from "./query.js";
import { capital, percent } from "./words.js";

/**
 * Three parts of a heading, and a line below.
 * @typedef {{before: string, subject: string, after: string, more: string}} Sentence
 */

/**
 * What attention says.
 * @param {{who: string, where: string, direction: "to" | "from", values: Float32Array | null, fused: import("../types.js").Fusion,
 *   tokens: import("../types.js").Tokens, place: number, why: string}} shown
 * @returns {Sentence}
 */
export function attentionSentence({ who, where, direction, values, fused, tokens, place, why }) {
  const heading = direction === "to" ? { before: "What ", subject: who, after: " looks at" } : { before: "Who looks at ", subject: who, after: "" };
  if (!values) return { ...heading, more: `${capital(where)} · ${why === "loading" || !why ? "loading …" : why}` };
  const [prefix, end] = spanOf(tokens);
  const top = greatest(values, prefix, end);
  let best = prefix;
  for (let token = prefix; token < end; token++) if (values[token] > values[best]) best = token;
  const name = tokens.names?.[best - prefix];
  const brightest = `brightest ${name ? `${singular(tokens.kind)} “${name}”` : singular(tokens.kind)} ${percent(top)}`;
  const times = top * tokens.count;
  const even = `${times >= 9.95 ? times.toFixed(0) : times.toFixed(1)} × an even share`;
  const parts = [capital(where), `${brightest}, ${even}`];
  if (direction === "from") parts.push(`an even share would be ${percent(1 / tokens.count)}`);
  else if (place >= 0 && place < prefix) parts.push(`${percent(values[place])} stays on itself`);
  else if (prefix === 1) parts.push(`${percent(values[0])} goes to the ${tokens.prefix[0]} token`);
  else if (prefix > 1) parts.push(`${percent(sum(values, prefix))} goes to class and register tokens`);
  if (direction === "to" && fused !== "mean") parts.push(`${fused === "min" ? "minima" : "maxima"} add up to ${percent(sum(values, values.length))}`);
  return { ...heading, more: parts.join(" · ") };
}

/**
 * What a method's map says. Of a contrast both colours speak for a class; of a map about no target blue is below 0.
 * @param {import("../types.js").MapFacts | undefined} map @param {string} most its greatest value in words; empty while it loads
 * @returns {Sentence}
 */
export function mapSentence(map, most) {
  const heading = { before: "Where ", subject: map?.method ?? "", after: map?.target ? ` sees ${map.target}` : " looks" };
  if (!map || !most) return { ...heading, more: "loading …" };
  const parts = [`${map.grid[0]} × ${map.grid[1]} values`, `greatest ${most}`];
  if (map.signed && map.sides) parts.push(`orange speaks ${map.sides[1]}, blue ${map.sides[0]}`);
  else if (map.signed) parts.push(map.target ? "orange speaks for it, blue against it" : "orange is above 0, blue below");
  return { ...heading, more: parts.join(" · ") };
}

/** @param {Float32Array} values @param {number} end */
function sum(values, end) {
  let total = 0;
  for (let token = 0; token < end; token++) total += values[token];
  return total;
}

/** @param {Sentence} sentence */
export function spoken(sentence) {
  return `${sentence.before}${sentence.subject}${sentence.after}. ${sentence.more}.`;
}
