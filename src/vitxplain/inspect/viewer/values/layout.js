/** Where the grid of heads and the charts go in the room there is. */

/**
 * @typedef {{cell: [number, number], gap: number, left: number, top: number, split: number, width: number, height: number,
 *   beside: boolean, charts: [number, number, number, number], columns: number, rows: number, heads: number}} GridLayout
 *   charts: left, top, width, height
 */

export const LABELS = 74;
const TOP = 20;
const SPLIT = 10;

/**
 * Cells as large as they go, in the proportions of the picture. Charts stand below, in the columns of the layers, or
 * beside where that leaves the cells larger (many heads, a square picture), or room is left there.
 * @param {{width: number, height: number, layers: number, heads: number, extra: number, aspect: number, charts: number}} room
 *   height: Infinity where the page scrolls; extra: rows below the heads; aspect: height / width of a cell; charts: how many
 * @returns {GridLayout}
 */
export function gridLayout(room) {
  const { width, layers, aspect, charts } = room;
  const rows = room.heads + room.extra;
  const gap = layers > 24 ? 2 : 4;
  /** @param {number} wide @param {number} high */
  const cellIn = (wide, high) => {
    const across = (wide - LABELS - gap * (layers - 1)) / layers;
    const down = (high - TOP - (room.extra ? SPLIT : 0) - gap * rows) / rows / aspect;
    return Math.max(6, Math.min(across, down, 120));
  };
  const below = charts ? Math.max(150, Math.min(charts * 150, 0.42 * room.height)) + 14 : 0;
  const underneath = cellIn(width, room.height - below);
  const aside = charts && Number.isFinite(room.height) ? cellIn(width - 300, room.height) : 0;
  const beside = aside > 1.06 * underneath || (aside > 0.92 * underneath && width - LABELS - layers * (underneath + gap) > 260);
  const wide = beside ? aside : underneath;
  const cell = /** @type {[number, number]} */ ([wide, Math.max(6, wide * aspect)]);
  const gridWidth = LABELS + layers * (wide + gap) - gap;
  const gridHeight = TOP + rows * (cell[1] + gap) + (room.extra ? SPLIT : 0);
  /** @type {[number, number, number, number]} */
  const place = beside
    ? [gridWidth + 28, 0, Math.min(460, width - gridWidth - 28), Math.min(room.height, Math.max(gridHeight, 560))]
    : [0, gridHeight + 16, Math.max(gridWidth, Math.min(width, 420)), Number.isFinite(room.height) ? Math.min(room.height - gridHeight - 16, 440) : charts * 190];
  return { cell, gap, left: LABELS, top: TOP, split: SPLIT, width: gridWidth, height: gridHeight, beside, charts: place, columns: layers, rows, heads: room.heads };
}

/**
 * The corner of a cell. Rows below the heads stand a little apart.
 * @param {GridLayout} layout @param {number} column @param {number} row
 * @returns {[number, number]}
 */
export function cellCorner(layout, column, row) {
  const apart = row >= layout.heads ? layout.split : 0;
  return [layout.left + column * (layout.cell[0] + layout.gap), layout.top + row * (layout.cell[1] + layout.gap) + apart];
}

/**
 * The cell under a point, or null.
 * @param {GridLayout} layout @param {number} x @param {number} y
 * @returns {[number, number] | null} column, row
 */
export function cellAt(layout, x, y) {
  const column = Math.floor((x - layout.left) / (layout.cell[0] + layout.gap));
  if (column < 0 || column >= layout.columns) return null;
  for (let row = 0; row < layout.rows; row++) {
    const [left, top] = cellCorner(layout, column, row);
    if (y >= top && y < top + layout.cell[1] && x < left + layout.cell[0]) return [column, row];
  }
  return null;
}

/**
 * How wide and high the photograph is drawn: its own proportions, within the room.
 * @param {number} width @param {number} height of the picture @param {number} wide @param {number} high
 * @returns {[number, number]}
 */
export function fit(width, height, wide, high) {
  const scale = Math.min(wide / width, high / height);
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}
