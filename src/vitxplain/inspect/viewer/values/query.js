/** Who is asked, in the tokens of one layer. */

/**
 * @param {import("../types.js").Tokens} tokens @param {import("../types.js").Query} query
 * @returns {number} the token's place, or -1 where the layer has no such token
 */
export function placeOf(tokens, query) {
  if (!query) return -1;
  if (query.kind === "prefix") return tokens.prefix.indexOf(query.name);
  if (query.kind === "item") {
    const place = tokens.prefix.length + query.index;
    return tokens.kind === query.of && place < tokens.count ? place : -1;
  }
  if (!tokens.grid) return -1;
  const [rows, columns] = tokens.grid;
  return tokens.prefix.length + cellOf(query.y, rows) * columns + cellOf(query.x, columns);
}

/** @param {number} share @param {number} count */
export function cellOf(share, count) {
  return Math.max(0, Math.min(count - 1, Math.floor(share * count)));
}

/**
 * The query in the middle of a patch.
 * @param {[number, number]} grid @param {number} row @param {number} column
 * @returns {{kind: "patch", x: number, y: number}}
 */
export function patchQuery(grid, row, column) {
  return { kind: "patch", x: (column + 0.5) / grid[1], y: (row + 0.5) / grid[0] };
}

/**
 * The patch beside the one asked, for the arrow keys.
 * @param {[number, number]} grid @param {import("../types.js").Query} query @param {number} right @param {number} down
 */
export function movedQuery(grid, query, right, down) {
  const [rows, columns] = grid;
  if (!query || query.kind !== "patch") return patchQuery(grid, rows >> 1, columns >> 1);
  const row = Math.max(0, Math.min(rows - 1, cellOf(query.y, rows) + down));
  const column = Math.max(0, Math.min(columns - 1, cellOf(query.x, columns) + right));
  return patchQuery(grid, row, column);
}

/** @param {import("../types.js").Query} a @param {import("../types.js").Query} b */
export function sameQuery(a, b) {
  if (a === b || !a || !b) return a === b;
  if (a.kind === "patch") return b.kind === "patch" && a.x === b.x && a.y === b.y;
  if (a.kind === "prefix") return b.kind === "prefix" && a.name === b.name;
  return b.kind === "item" && a.of === b.of && a.index === b.index;
}

/**
 * What a query is called, with the grid of the layer it is asked in ("patch 5 · 5" is row 5, column 5).
 * @param {import("../types.js").Query} query @param {import("../types.js").Tokens} tokens
 * @param {"class" | "mean"} otherwise what the record's default row is
 */
export function queryName(query, tokens, otherwise) {
  if (!query) return otherwise === "class" ? "the class token" : `the average ${singular(tokens.kind)}`;
  if (query.kind === "prefix") return `the ${query.name} token`;
  if (query.kind === "item") {
    const name = tokens.kind === query.of ? tokens.names?.[query.index] : undefined;
    return name ? `“${name}”` : `${singular(query.of)} ${query.index + 1}`;
  }
  const [rows, columns] = tokens.grid ?? [1, 1];
  return placeName("patch", cellOf(query.y, rows), cellOf(query.x, columns));
}

/** What a place of a grid is called, everywhere. @param {string} noun @param {number} row from 0 @param {number} column */
export function placeName(noun, row, column) {
  return `${noun} ${row + 1} · ${column + 1}`;
}

/**
 * Where the tokens of a layer's grid (or list) start and end: special tokens stand before them, some models have more
 * behind them.
 * @param {import("../types.js").Tokens} tokens
 * @returns {[number, number]}
 */
export function spanOf(tokens) {
  const start = tokens.prefix.length;
  return [start, tokens.grid ? start + tokens.grid[0] * tokens.grid[1] : tokens.count];
}

/** @param {string} kind */
export function singular(kind) {
  return { patches: "patch", "object queries": "object query", text: "word", latents: "latent" }[kind] ?? kind.replace(/s$/, "");
}
