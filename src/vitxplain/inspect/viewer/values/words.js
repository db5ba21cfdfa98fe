/** Numbers in words. */

/**
 * A share, with two figures that count.
 * @param {number} value
 */
export function percent(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(100 * value);
  if (size === 0) return "0";
  if (size < 0.01) return "< 0.01 %";
  return `${(100 * value).toFixed(size >= 9.95 ? 0 : size >= 0.995 ? 1 : 2)} %`;
}

/**
 * A value of an explanation map.
 * @param {number} value @param {string} unit
 */
export function plain(value, unit) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text = size === 0 ? "0" : size >= 1000 || size < 0.001 ? value.toExponential(1) : value.toPrecision(size >= 1 ? 3 : 2);
  return unit ? `${text} ${unit}` : text;
}

/** @param {string} text */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @type {Record<import("../types.js").Fusion, string>} */
const FUSED = { mean: "all heads", min: "minimum of the heads", max: "maximum of the heads" };

/** What a row of the grid is called. @param {number | "all" | "rollout"} row @param {import("../types.js").Fusion} fusion */
export function rowName(row, fusion) {
  return typeof row === "number" ? `head ${row + 1}` : row === "all" ? FUSED[fusion] : row;
}
