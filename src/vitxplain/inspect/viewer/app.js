/** The viewer: holds what is on show, brings recordings, and draws when something changed. */

import { compare, copyLink, save, turnTheme } from "./actions.js";
import { arrange, dress } from "./arrange.js";
import { fetchRest } from "./background.js";
import { Catalogue } from "./catalogue.js";
import { el } from "./dom.js";
import { Pane, shareTops } from "./pane.js";
import { listen, tell } from "./pointer.js";
import { Library } from "./library.js";
import { messageOf } from "./recording.js";
import { initialState, openingLayer, stateOf } from "./state.js";
import { shownLayers } from "./views/controls.js";
import { makeHeader } from "./views/header.js";
import { makeFoot, makeHelp } from "./views/help.js";
import { makeImages } from "./views/images.js";
import { makeSpoken } from "./views/spoken.js";
import { makeSteps } from "./views/steps.js";
import { readTheme } from "./views/theme.js";
import { greatestOfHeads } from "./views/heads.js";

/** @typedef {import("./types.js").State} State */
/** @typedef {import("./recording.js").Recording} Recording */

export class App {
  /** @param {HTMLElement} page @param {import("./types.js").Source} source @param {import("./types.js").Host} host @param {import("./types.js").Index} index */
  constructor(page, source, host, index) {
    this.page = page;
    this.host = host;
    this.catalogue = new Catalogue(index.records);
    this.state = initialState();
    /** @type {import("./types.js").Query | undefined} */
    this.hover = undefined;
    /** @type {[number, number] | null} */
    this.peek = null;
    /** Where the pointer rests over a canvas. @type {import("./pointer.js").Point | null} */
    this.pointer = null;
    /** @type {Pane[]} */
    this.panes = [];
    this.library = new Library(source);
    /** @type {Recording[]} */
    this.neighbours = [];
    /** The layer that was chosen for this view; -1 once a link or a person chose another. */
    this.opened = -1;
    this.frame = 0;
    this.turn = 0;
    /** Views that are being opened, and the timer of what waits until the hand rests. */
    this.opening = 0;
    this.waiting = 0;
    this.theme = readTheme(page);
    this.help = makeHelp(() => this.toggleHelp());
    this.header = makeHeader(this.catalogue, { open: (id) => this.openRecord(id), compare: () => compare(this), save: (kind) => save(this, kind), link: () => copyLink(this), theme: () => turnTheme(this), help: () => this.toggleHelp() });
    this.steps = makeSteps(this.catalogue, (id) => this.openStep(id));
    this.images = makeImages((id) => this.openRecord(id));
    this.spoken = makeSpoken();
    this.body = el("div", { class: "body" });
    this.status = el("span", { class: "status", role: "status" });
    this.tip = el("div", { class: "tip", "aria-hidden": "true" });
    /** @type {ReturnType<typeof import("./views/controls.js").makeControls> | null} */
    this.controls = null;
    this.dock = el("div", { class: "dock" });
    const cut = index.left_out.length ? `${index.left_out.length} file${index.left_out.length > 1 ? "s" : ""} left out: ${index.left_out[0].file}: ${index.left_out[0].why}` : "";
    this.status.textContent = cut;
    page.replaceChildren(this.header.element, this.body, el("footer", {}, ...makeFoot(), this.status), this.help, this.tip, this.spoken.live, this.spoken.table);
    listen(this);
    page.addEventListener("pointerdown", (event) => {
      if (!(event.target instanceof Element && event.target.closest(".saves"))) this.header.close();
    });
  }

  async start() {
    const [{ run, name }] = this.catalogue.records;
    const first = /** @type {import("./types.js").Entry} */ (this.catalogue.steps(run, name).at(-1)); // of a training what was learnt
    this.state.subjects = [{ id: first.id, show: "attention" }];
    const stored = this.host.store?.("theme");
    if (stored === "dark" || stored === "light") this.state.theme = stored;
    const link = this.host.restore?.();
    if (link) this.state = stateOf(link, this.state);
    this.state.subjects = this.state.subjects.filter((subject) => this.catalogue.entry(subject.id));
    if (!this.state.subjects.length) this.state.subjects = [{ id: first.id, show: "attention" }];
    await this.openSubjects(!link || !/(^|&)layer=/.test(link));
  }

  /** Opens what the state names and draws it. @param {boolean} [fresh] whether a first layer is to be chosen */
  async openSubjects(fresh = false) {
    const turn = ++this.turn;
    this.opening += 1;
    try {
      const recordings = await Promise.all(this.state.subjects.map((subject) => this.record(subject.id)));
      await Promise.all(recordings.map((recording, place) => this.library.bring(recording, this.state.subjects[place].show)));
      if (turn !== this.turn) return;
      recordings.forEach((recording, place) => {
        const { show } = this.state.subjects[place];
        if (!shownLayers(recording.facts).some((choice) => choice.value === show)) this.state.subjects[place] = { ...this.state.subjects[place], show: "attention" };
      });
      if (fresh) this.opened = this.state.layer = openingLayer(recordings[0].facts.layers);
      this.panes = recordings.map((recording, place) => new Pane(recording, this.state.subjects[place]));
      dress(this);
      this.ask();
      this.settle();
      this.opening += 1;
      fetchRest(this, turn).finally(() => (this.opening -= 1));
    } catch (error) {
      this.say(`This recording cannot be shown: ${messageOf(error)}`);
    } finally {
      this.opening -= 1;
    }
  }

  /** Sizes and draws. */
  settle() {
    if (!this.panes.length) return;
    arrange(this);
    this.draw();
  }

  /** @param {string} id */
  record(id) {
    return this.library.record(id, this.state.subjects.map((subject) => subject.id));
  }

  get entry() {
    return /** @type {import("./types.js").Entry} */ (this.catalogue.entry(this.state.subjects[0].id));
  }

  get query() {
    return this.hover === undefined ? this.state.query : this.hover;
  }

  /** @param {Partial<State>} change */
  set(change) {
    Object.assign(this.state, change);
    if ("query" in change) this.hover = undefined;
    if (this.state.layer !== this.opened) this.opened = -1;
    if (!("fusion" in change)) return this.later();
    this.ask(); // the sentence grows or shrinks by a line, and the picture with it
    this.settle();
  }

  later() {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  ask() {
    const layers = this.panes[0].recording.facts.layers.length;
    for (const pane of this.panes) pane.ask(this.state, this.query, this.peek, layers, () => this.later());
    const shared = this.state.scale === "all" ? Math.max(...this.panes.map((pane) => greatestOfHeads(pane.answer))) : 0;
    for (const pane of this.panes) pane.show(this.state, this.query, this.peek, shared);
    if (shared) shareTops(this.panes);
    for (const pane of this.panes) pane.say(this.state, this.query, this.peek, this.opened);
  }

  draw() {
    if (!this.panes.length) return;
    this.ask();
    for (const pane of this.panes) pane.paint(this.state, this.query, this.peek, this.theme);
    tell(this);
    this.rest();
  }

  /** What can wait until the hand rests: controls, the other images, the words for a screen reader, the host. */
  rest() {
    const [pane] = this.panes;
    this.spoken.update(pane);
    clearTimeout(this.waiting);
    const own = Number(setTimeout(() => this.afterwards().finally(() => (this.waiting = this.waiting === own ? 0 : this.waiting)), this.hover === undefined && !this.peek ? 0 : 120));
    this.waiting = own;
  }

  /** Whether everything came and is drawn, until a hand or a host asks for more. */
  get quiet() {
    return !this.opening && !this.frame && !this.waiting && this.panes.every((pane) => pane.rolling !== pane.job);
  }

  async afterwards() {
    const [pane] = this.panes;
    this.controls?.update(this.state, pane.queryName, this.grid() !== null, this.panes.flatMap((own) => own.map ?? []));
    this.header.update(this.entry, this.theme.dark, this.panes.length > 1);
    this.steps.update(this.entry);
    this.host.select?.({ ...this.entry, layer: pane.layer, head: typeof pane.row === "number" ? pane.row : pane.row === "all" ? this.state.fusion : pane.row, query: this.state.query, direction: this.state.direction, show: pane.subject.show });
    if (this.panes.length > 1) return;
    const turn = this.turn;
    if (this.query !== null || this.state.direction !== "to" || pane.row === "rollout") {
      for (const recording of this.neighbours) for (let layer = pane.row === "rollout" ? 0 : pane.layer; layer <= Math.min(pane.layer, recording.facts.layers.length - 1); layer++) await recording.load(layer);
    }
    if (turn === this.turn && pane === this.panes[0]) this.images.draw(this.neighbours, pane, this.state, this.query);
  }

  /** @param {string} id @param {number} [place] */
  openRecord(id, place = 0) {
    this.steps.stop();
    return this.replace(place, { ...this.state.subjects[place], id });
  }

  /** Another step; a second picture that stood at the same step goes along. @param {string} id */
  openStep(id) {
    const [from, to] = [this.entry, this.catalogue.entry(id)];
    const second = this.state.subjects[1] && this.catalogue.entry(this.state.subjects[1].id);
    if (to && second && second.step === from.step && (second.name !== from.name || second.run !== from.run)) {
      this.state.subjects[1].id = this.catalogue.nearest(second.run, second.name, to.step)?.id ?? second.id;
    }
    return this.replace(0, { ...this.state.subjects[0], id });
  }

  /** @param {number} place @param {import("./types.js").Shown} show */
  show(place, show) {
    return this.replace(place, { ...this.state.subjects[place], show });
  }

  /** @param {number} place @param {import("./types.js").Subject} subject */
  replace(place, subject) {
    this.state.subjects = this.state.subjects.map((own, other) => (other === place ? subject : own));
    this.hover = undefined;
    this.peek = null;
    return this.openSubjects();
  }

  /** The grid in which patches are asked: of the queries, or of the keys where the question is who looks at them. @returns {[number, number] | null} */
  grid() {
    const pane = this.panes[0];
    const layers = pane.recording.facts.layers;
    const layer = pane.subject.show === "positions" ? layers.find((own) => own.queries.grid) : layers[pane.layer];
    return (this.state.direction === "to" ? layer?.queries.grid : layer?.keys.grid) ?? null;
  }

  toggleHelp() {
    this.help.hidden = !this.help.hidden;
  }

  /** @param {string} text */
  say(text) {
    this.status.textContent = text;
  }
}
