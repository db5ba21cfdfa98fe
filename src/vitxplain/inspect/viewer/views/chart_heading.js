/** The heading of a chart, and what its colours mean. */

/**
 * A heading with its legend at the right; where that does not fit beside it, it goes below; the words
 * after the heading are left out first.
 * @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} right @param {string} title @param {string} more
 * @param {[string, string][]} keys names and colours @param {import("./theme.js").Theme} theme
 * @returns {number} pixels that it took more in height
 */
export function heading(context, x, y, right, title, more, keys, theme) {
  context.textAlign = "left";
  context.font = theme.heading;
  context.fillStyle = theme.ink;
  context.fillText(title, x, y);
  const end = x + widthOf(context, title);
  context.font = theme.plain;
  const long = keys.reduce((sum, [name]) => sum + widthOf(context, name) + 28, -14);
  const under = long > right - end - 10;
  let left = under ? Math.min(right, x + long) : right;
  const line = under ? y + 17 : y;
  for (const [name, colour] of keys) {
    const wide = widthOf(context, name);
    context.fillStyle = theme.soft;
    context.fillText(name, left - wide, line);
    context.fillStyle = colour;
    context.beginPath();
    if (name === "near") context.roundRect(left - wide - 13, line - 8, 8, 8, 1.5);
    else context.arc(left - wide - 9, line - 4, 4, 0, 7);
    context.fill();
    left -= wide + 28;
  }
  context.fillStyle = theme.soft;
  if (end + 10 + widthOf(context, more) < (under ? right : left - 6)) context.fillText(more, end + 10, y);
  return under ? 14 : 0;
}

/** @type {Map<string, number>} */
const widths = new Map();

/** The width of a text, measured once. @param {CanvasRenderingContext2D} context @param {string} text */
function widthOf(context, text) {
  const key = `${context.font}|${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  const width = context.measureText(text).width;
  if (widths.size > 2000) widths.clear();
  widths.set(key, width);
  return width;
}
