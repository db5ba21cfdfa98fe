/**
 * The facts of a recording and the values that flow between the modules.
 *
 * @typedef {{kind: string, count: number, prefix: string[], grid: [number, number] | null, names: string[] | null}} Tokens
 * @typedef {{number: number, path: string, title: string, kind: string, heads: number, queries: Tokens, keys: Tokens,
 *   rows: "class" | "all", row_of?: "class" | "mean", precision: "sqrt8" | "float16", note: string}} Layer
 * @typedef {[number, number, number, number]} Box  left, top, right, bottom, in pixels of the picture
 * @typedef {{tensor: string, method: string, target: string, grid: [number, number], box: Box, signed: boolean,
 *   unit: string, sides?: [string, string], note?: string}} MapFacts  what blue and orange speak for, of a contrast
 * @typedef {{label: string, score: number, box: Box, query?: number | null}} Finding
 * @typedef {{schema: number, name: string, step: number, model: string, task: string,
 *   picture: {width: number, height: number, media: string, said: string}, seen: Box,
 *   prediction?: {label: string, score: number, unit?: "probability" | "value"}[], found?: Finding[], layers: Layer[], default_query: "class" | "mean",
 *   statistics: string[], distance_unit?: string, even_distance: number | null, residual: number, maps: MapFacts[],
 *   positions: boolean, cut?: string}} Facts
 * @typedef {{id: string, name: string, step: number, run: string, model: string, width: number, height: number}} Entry
 * @typedef {{records: Entry[], left_out: {file: string, why: string}[]}} Index
 * @typedef {{dtype: string, shape: number[], data: Uint8Array | Float32Array | Int32Array}} Tensor
 * @typedef {{index(): Promise<Index>, facts(id: string): Promise<Facts>, tensor(id: string, name: string): Promise<Tensor>}} Source
 *
 * Who is asked: null is the record's default (the class token, or the mean of the patches); x and y are shares of the
 * part of the picture that the model saw, so that a question can be put to layers of another grid.
 * @typedef {null | {kind: "prefix", name: string} | {kind: "patch", x: number, y: number}
 *   | {kind: "item", of: string, index: number}} Query
 *
 * @typedef {"to" | "from"} Direction  "to": what the query looks at; "from": who looks at it
 * @typedef {"mean" | "min" | "max"} Fusion
 * @typedef {"map" | "all" | "log"} Scale
 * @typedef {"attention" | "positions" | `map:${number}`} Shown
 *
 * What is on show: `row` counts the rows of the grid, the heads first, then all heads, then rollout.
 * @typedef {{id: string, show: Shown}} Subject
 * @typedef {{subjects: Subject[], layer: number, row: number | "all" | "rollout", query: Query, direction: Direction,
 *   fusion: Fusion, scale: Scale, colours: string, mass: number, heat: number, theme: "dark" | "light" | ""}} State
 *
 * What the page around the viewer can do; each may be missing.
 * @typedef {{link?: (state: string) => void, restore?: () => string, copy?: (text: string) => Promise<void> | void,
 *   save?: (name: string, blob: Blob) => void, store?: (key: string, value?: string) => string | null,
 *   select?: (selection: Record<string, unknown>) => void, theme?: (name: "dark" | "light") => void, page?: boolean}} Host
 */
export {};
