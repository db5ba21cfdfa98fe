/** Maps as pixels of the screen: each patch a rectangle, without smoothing. */

import { entryOf } from "./colours.js";

/**
 * Which patch each pixel of a line shows.
 * @param {number} count of patches @param {number} length of the line, in pixels
 */
export function patchOfPixel(count, length) {
  const patches = new Int32Array(length);
  for (let patch = 0; patch < count; patch++) patches.fill(patch, Math.round((patch * length) / count), Math.round(((patch + 1) * length) / count));
  return patches;
}

/**
 * Where a map goes in a larger picture.
 * @typedef {{grid: [number, number], across: Int32Array, down: Int32Array, corner: number, stride: number}} Tile
 *   across, down: the patch of each pixel; corner: its first pixel; stride: pixels a row of the picture
 */

/** The colours of one row of patches. */
let line = new Uint32Array(64);

/**
 * The pixels of a map that is not signed.
 * @param {Float32Array} values @param {number} from @param {number} to places of the map in the values
 * @param {number} top the value of the last colour @param {import("../types.js").Scale} scale @param {Uint32Array} table
 * @param {Uint32Array} out @param {Tile} tile
 */
export function paintTile(values, from, to, top, scale, table, out, tile) {
  const { grid, across, down, corner, stride } = tile;
  const columns = grid[1];
  const wide = across.length;
  if (line.length < columns) line = new Uint32Array(columns);
  const colours = line;
  const factor = top > 0 ? 255 / top : 0;
  const linear = scale !== "log";
  let painted = -1;
  for (let y = 0, start = corner; y < down.length; y++, start += stride) {
    const row = down[y];
    if (row === painted) {
      out.copyWithin(start, start - stride, start - stride + wide);
      continue;
    }
    painted = row;
    for (let column = 0, place = from + row * columns; column < columns; column++, place++) {
      const entry = linear ? (values[place] * factor + 0.5) | 0 : entryOf(values[place], top, scale, false);
      colours[column] = place < to ? table[entry < 0 ? 0 : entry > 255 ? 255 : entry] : 0;
    }
    for (let x = 0; x < wide; x++) out[start + x] = colours[across[x]];
  }
}

/** Nothing where a map was. @param {Uint32Array} out @param {Tile} tile */
export function wipeTile(out, { across, down, corner, stride }) {
  for (let y = 0, start = corner; y < down.length; y++, start += stride) out.fill(0, start, start + across.length);
}
