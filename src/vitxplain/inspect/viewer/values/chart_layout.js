/** Where the dots and bars of the charts go; drawing is left to the view. */

/**
 * @typedef {{x: number, y: number, layer: number, head: number, value: number, far: boolean}} Dot
 * @typedef {{left: number, right: number, top: number, bottom: number}} Frame
 */

/**
 * Round numbers for an axis from zero.
 * @param {number} top @param {number} count about how many
 */
export function ticks(top, count) {
  if (!(top > 0)) return [0];
  const rough = top / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough) ?? rough;
  const values = [];
  for (let value = 0; value <= top * 1.0001; value += step) values.push(Number(value.toPrecision(6)));
  return values;
}

/**
 * The middle and width of each layer's column.
 * @param {Frame} frame @param {number} layers @param {{cell: [number, number], gap: number, left: number, beside: boolean}} grid
 * @returns {{middle: (layer: number) => number, width: number}}
 */
export function columns(frame, layers, grid) {
  if (!grid.beside) {
    return { middle: (layer) => grid.left + layer * (grid.cell[0] + grid.gap) + grid.cell[0] / 2, width: grid.cell[0] };
  }
  const pitch = (frame.right - frame.left) / layers;
  return { middle: (layer) => frame.left + (layer + 0.5) * pitch, width: Math.max(2, pitch - 3) };
}

/**
 * One dot a head.
 * @param {Frame} frame @param {Float32Array} values layers x heads, NaN where there is none @param {number} layers @param {number} heads
 * @param {number} top value at the upper edge @param {number | null} even the distance of attention that goes everywhere alike
 * @param {{middle: (layer: number) => number, width: number}} place
 * @returns {Dot[]}
 */
export function dots(frame, values, layers, heads, top, even, place) {
  /** @type {Dot[]} */
  const out = [];
  for (let layer = 0; layer < layers; layer++) {
    let count = 0;
    for (let head = 0; head < heads; head++) if (Number.isFinite(values[layer * heads + head])) count++;
    const pitch = Math.min(11, place.width / (count + 0.5));
    for (let head = 0; head < heads; head++) {
      const value = values[layer * heads + head];
      if (!Number.isFinite(value)) continue;
      out.push({
        x: place.middle(layer) + (head - (count - 1) / 2) * pitch,
        y: frame.bottom - ((frame.bottom - frame.top) * value) / top,
        layer,
        head,
        value,
        far: even !== null && value >= even / 2,
      });
    }
  }
  return out;
}

/**
 * The dot nearest to a point, within reach.
 * @param {Dot[]} all @param {number} x @param {number} y @param {number} reach
 */
export function nearest(all, x, y, reach) {
  let best = null;
  let least = reach;
  for (const dot of all) {
    const distance = Math.hypot(dot.x - x, dot.y - y);
    if (distance < least) [best, least] = [dot, distance];
  }
  return best;
}
