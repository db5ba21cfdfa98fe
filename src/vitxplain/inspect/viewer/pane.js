/** One recording on show: its picture, its grid of heads, its charts. In a comparison there are two. */

import { answers, ask, cellValues, defaultOf, rollOne, rolloutBar } from "./answer.js";
import { el, write } from "./dom.js";
import { openingWords } from "./state.js";
import { placeOf, queryName, sameQuery, singular, spanOf } from "./values/query.js";
import { attentionSentence, mapSentence } from "./values/sentence.js";
import { greatest } from "./values/colours.js";
import { capital, plain, percent, rowName } from "./values/words.js";
import { ChartsView } from "./views/charts.js";
import { HeadsView, rowAt } from "./views/heads.js";
import { PhotoView } from "./views/photo.js";
import { TokensView } from "./views/tokens.js";
import { fillPredictions } from "./views/predictions.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./types.js").Query} Query */

/** Multiplications of rollouts that a hover waits for (about a millisecond), and those that come with the next frame. */
const AT_ONCE = 1e6;
const SOON = 5e6;

/** Milliseconds of rest before more is reckoned, and how long a slice of that takes. */
const [REST, SLICE] = [60, 5];

export class Pane {
  /** @param {import("./recording.js").Recording} recording @param {import("./types.js").Subject} subject */
  constructor(recording, subject) {
    this.recording = recording;
    this.subject = subject;
    this.photo = new PhotoView();
    this.heads = new HeadsView();
    this.charts = new ChartsView();
    this.tokens = new TokensView();
    this.headingParts = [document.createTextNode(""), el("em", {}), document.createTextNode("")];
    this.heading = el("h1", {}, ...this.headingParts);
    this.more = el("p", { class: "more" });
    this.note = el("p", { class: "note" });
    this.caption = el("div", { class: "caption row" });
    this.predictions = el("div", { class: "predictions" });
    this.gridWords = el("small");
    this.gridHeading = el("h2", {}, el("span", {}, "Every head of every layer ", this.gridWords));
    this.gridBox = el("div", { class: "gridbox" }, this.heads.canvas, this.charts.canvas);
    this.left = el("section", { class: "left" }, this.caption, el("div", { class: "says" }, this.heading, this.more), this.photo.element, this.tokens.element, this.note, this.predictions);
    this.right = el("section", { class: "right" }, this.gridHeading, this.gridBox);
    this.layer = 0;
    /** @type {number | "all" | "rollout"} */
    this.row = "all";
    this.answer = ask(recording, null, "to", "mean");
    this.queryName = "";
    this.rowName = "";
    /** @type {import("./views/photo.js").PictureMap | null} */
    this.map = null;
    /** @type {import("./values/sentence.js").Sentence} */
    this.sentence = { before: "", subject: "", after: "", more: "" };
    /** @type {import("./values/layout.js").GridLayout} */
    this.gridLayout = { cell: [1, 1], gap: 0, left: 0, top: 0, split: 0, width: 1, height: 1, beside: false, charts: [0, 0, 1, 1], columns: 1, rows: 1, heads: 1 };
    this.shared = 0;
    this.job = 0;
    this.rolling = -1;
    /** Layers whose rollout is missing, or of another question. @type {Set<number>} */
    this.stale = new Set(recording.facts.layers.keys());
    fillPredictions(this.predictions, recording.facts);
  }

  get headCount() {
    return Math.max(...this.recording.facts.layers.map((layer) => layer.heads));
  }

  get rows() {
    return this.headCount + (this.recording.chain > 1 ? 2 : 1);
  }

  /**
   * Asks; then `show` chooses the map, `say` says what the answer is, and `paint` draws it.
   * @param {State} state @param {Query} query @param {[number, number] | null} peek @param {number} layers of the first pane
   * @param {() => void} again called when more can be drawn
   */
  ask(state, query, peek, layers, again) {
    const { facts } = this.recording;
    const count = facts.layers.length;
    this.layer = count === layers ? state.layer : Math.round((state.layer * (count - 1)) / Math.max(1, layers - 1));
    this.layer = Math.max(0, Math.min(count - 1, this.layer));
    this.row = state.row === "rollout" && this.recording.chain < 2 ? "all" : typeof state.row === "number" ? Math.min(state.row, this.headCount - 1) : state.row;
    const before = this.answer;
    if (!answers(before, this.recording, query, state.direction, state.fusion)) this.answer = ask(this.recording, query, state.direction, state.fusion);
    this.roll(before, ...this.cell(peek), again);
    this.name(state, query);
  }

  /** The cell of the grid that is looked at. @param {[number, number] | null} peek @returns {[number, number | "all" | "rollout"]} */
  cell(peek) {
    return peek ? [peek[0], rowAt(peek[1], this.headCount)] : [this.layer, this.row];
  }

  /** Chooses the map. @param {State} state @param {Query} query @param {[number, number] | null} peek @param {number} shared the top of all heads, of all panes; 0 where each map has its own */
  show(state, query, peek, shared) {
    this.shared = shared;
    this.map = this.mapOf(...this.cell(peek), query);
  }

  /** @param {State} state @param {Query} query @param {[number, number] | null} peek @param {import("./views/theme.js").Theme} theme */
  paint(state, query, peek, theme) {
    this.heads.draw(this, state, peek, theme);
    this.photo.draw(this.map, this.marks(query), state);
    this.charts.draw(this, state, theme);
  }

  /**
   * Rollout of the layer on show at once where that is what is shown; of the others when the hand rests a moment.
   * @param {import("./answer.js").Answer} before @param {number} layer @param {number | "all" | "rollout"} row @param {() => void} again
   */
  roll(before, layer, row, again) {
    const { recording, answer } = this;
    if (recording.chain < 2) return;
    const same = before.direction === answer.direction && sameQuery(before.query, answer.query);
    if (before !== answer) {
      this.job += 1;
      const stale = new Set(same ? this.stale : []);
      answer.layers.forEach((own, place) => {
        own.rollout = rolloutBar(recording, answer, place) ? null : (before.layers[place]?.rollout ?? null);
        if (!same || !own.rollout) stale.add(place);
      });
      this.stale = stale;
    }
    const missing = [...this.stale].filter((place) => !rolloutBar(recording, answer, place));
    if (!missing.length) return;
    const whole = answer.direction === "from";
    const work = answer.layers[0].count ** 2 * (whole ? missing.length : (missing.length * (missing.length + 1)) / 2);
    if (work < AT_ONCE) for (const place of whole ? missing.slice(-1) : missing) this.rollNow(place);
    else {
      if (row === "rollout" && this.stale.has(layer)) this.rollNow(layer);
      if (this.rolling === this.job) return;
      this.rolling = this.job;
      this.rollLater(this.job, work < SOON ? 0 : REST, again);
    }
  }

  /** @param {number} place */
  rollNow(place) {
    rollOne(this.recording, this.answer, place);
    if (this.answer.direction === "to") this.stale.delete(place);
    else for (let other = 0; other <= place; other++) this.stale.delete(other);
  }

  /** @param {number} job @param {number} wait @param {() => void} again */
  rollLater(job, wait, again) {
    setTimeout(() => {
      if (job !== this.job) return;
      const end = performance.now() + SLICE;
      const missing = [...this.stale].filter((place) => !rolloutBar(this.recording, this.answer, place));
      if (this.answer.direction === "from") missing.reverse();
      while (missing.length && performance.now() < end) this.rollNow(/** @type {number} */ (missing.shift()));
      if (missing.some((place) => this.stale.has(place))) this.rollLater(job, 0, again);
      else {
        this.rolling = -1;
        again();
      }
    }, wait);
  }

  /** @param {State} state @param {Query} query */
  name(state, query) {
    const facts = this.recording.facts.layers[this.layer];
    const tokens = state.direction === "to" ? facts.queries : facts.keys;
    const grid = tokens.grid ? tokens : (this.recording.facts.layers.find((layer) => layer.queries.grid)?.queries ?? tokens);
    this.queryName = queryName(query, query?.kind === "patch" ? grid : tokens, defaultOf(this.recording.facts, this.layer));
    this.rowName = rowName(this.row, state.fusion);
  }

  /**
   * @param {number} layer @param {number | "all" | "rollout"} row @param {Query} query
   * @returns {import("./views/photo.js").PictureMap | null}
   */
  mapOf(layer, row, query) {
    const { recording } = this;
    const { facts } = recording;
    const show = this.subject.show;
    if (show.startsWith("map:")) {
      const place = Number(show.slice(4));
      const [map, values] = [facts.maps[place], recording.maps[place]];
      if (!map || !values) return null;
      const patches = facts.layers.some((own) => String(own.keys.grid) === String(map.grid));
      return { kind: `${map.method} ${map.signed} ${map.unit}`, noun: patches ? "patch" : "place", values, grid: map.grid, box: map.box, top: greatest(values), signed: map.signed, word: (value) => plain(value, map.unit) };
    }
    if (show === "positions") {
      const tokens = facts.layers.find((own) => own.queries.grid && spanOf(own.queries)[1] - spanOf(own.queries)[0] === recording.positionCount)?.queries;
      const place = tokens && query ? placeOf(tokens, query) - tokens.prefix.length : -1;
      if (!recording.positions || !tokens?.grid || place < 0) return null;
      const values = recording.positions.subarray(place * recording.positionCount, (place + 1) * recording.positionCount);
      return { kind: "positions", noun: "patch", values, grid: tokens.grid, box: facts.seen, top: greatest(values), signed: true, word: (value) => value.toFixed(2) };
    }
    const values = cellValues(this.answer, layer, row);
    const tokens = this.answer.layers[layer].tokens;
    if (!values || !tokens.grid) return null;
    const own = values.slice(...spanOf(tokens));
    const top = this.shared && row !== "rollout" ? this.shared : greatest(own);
    return { kind: row === "rollout" ? "rollout" : "attention", noun: singular(tokens.kind), values: own, grid: tokens.grid, box: facts.seen, top, signed: false, word: percent };
  }

  /** @param {Query} query @returns {import("./views/photo.js").Marks} */
  marks(query) {
    const { facts } = this.recording;
    const found = facts.found ?? [];
    const chosen = query?.kind === "item" ? found.findIndex((finding) => finding.query === query.index) : -1;
    const layer = facts.layers[this.layer];
    const tokens = [layer.queries, layer.keys, ...facts.layers.map((own) => own.queries)].find((own) => own.grid);
    if (query?.kind !== "patch" || !tokens?.grid) return { mark: null, found, chosen };
    const [rows, columns] = tokens.grid;
    const place = placeOf(tokens, query) - tokens.prefix.length;
    const [left, top, right, bottom] = facts.seen;
    const [wide, high] = [(right - left) / columns, (bottom - top) / rows];
    const [x, y] = [left + (place % columns) * wide, top + Math.floor(place / columns) * high];
    return { mark: [x, y, x + wide, y + high], found, chosen };
  }

  /** @param {State} state @param {Query} query @param {[number, number] | null} peek @param {number} opened the layer that was chosen for this view, or -1 */
  say(state, query, peek, opened) {
    const [layer, row] = this.cell(peek);
    const { facts } = this.recording;
    const own = this.answer.layers[layer];
    const show = this.subject.show;
    let note = "";
    if (show.startsWith("map:")) {
      const map = facts.maps[Number(show.slice(4))];
      this.sentence = mapSentence(map, this.map ? this.map.word(this.map.top) : "");
      note = capital(map?.note ?? "");
    } else if (show === "positions") {
      this.sentence = { before: "Which positions are like ", subject: query?.kind === "patch" ? this.queryName : "the patch", after: "", more: query?.kind === "patch" ? "Cosine similarity of the position embeddings · the same for every image" : "Move over the picture to ask a patch." };
    } else {
      const title = facts.layers[layer].title || `layer ${layer + 1}`;
      const where = row === "rollout" ? `rollout up to ${title}` : `${title}, ${rowName(row, state.fusion)}`;
      const why = row === "rollout" ? rolloutBar(this.recording, this.answer, layer) : own.why;
      this.sentence = attentionSentence({ who: this.queryName, where, direction: state.direction, values: cellValues(this.answer, layer, row), fused: row === "all" ? state.fusion : "mean", tokens: own.tokens, place: own.tokens.kind === (state.direction === "to" ? facts.layers[layer].queries : facts.layers[layer].keys).kind ? own.place : -1, why });
      note = [facts.layers[layer].note, facts.picture.said, this.recording.imageError].filter(Boolean).map((text) => capital(text).replace(/([^.!?])$/, "$1.")).join(" ");
    }
    [this.sentence.before, this.sentence.subject, this.sentence.after].forEach((text, place) => write(this.headingParts[place], text));
    write(this.more, this.sentence.more);
    write(this.note, note);
    this.tokens.draw(show === "attention" && !own.tokens.grid ? own.tokens : null, cellValues(this.answer, layer, row), state);
    write(this.gridWords, openingWords(facts.layers, opened) || `${state.direction === "to" ? `what ${this.queryName} looks at` : `who looks at ${this.queryName}`}, first layer left`);
  }
}

/** One scale for the maps of a kind, however many stand side by side. @param {Pane[]} panes */
export function shareTops(panes) {
  const maps = panes.flatMap((pane) => pane.map ?? []);
  const tops = maps.map((map) => Math.max(...maps.filter((other) => other.kind === map.kind).map((other) => other.top)));
  maps.forEach((map, place) => (map.top = tops[place]));
}
