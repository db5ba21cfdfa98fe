/** The recordings that are open: each is opened once, and the oldest are let go. */

import { loadMap, loadPositions, openRecording } from "./recording.js";

/** @typedef {import("./recording.js").Recording} Recording */

/** Recordings kept open. */
const KEPT = 16;

export class Library {
  /** @param {import("./types.js").Source} source */
  constructor(source) {
    this.source = source;
    /** @type {Map<string, Promise<Recording>>} */
    this.open = new Map();
  }

  /** @param {string} id @param {string[]} wanted ids that stay */
  record(id, wanted) {
    const known = this.open.get(id);
    if (known) {
      this.open.delete(id);
      this.open.set(id, known);
      return known;
    }
    const made = openRecording(this.source, id);
    this.open.set(id, made);
    made.catch(() => this.open.delete(id));
    for (const old of [...this.open.keys()]) {
      if (this.open.size <= KEPT) break;
      if (old !== id && !wanted.includes(old)) this.open.delete(old);
    }
    return made;
  }

  /** What a view needs beyond attention. @param {Recording} recording @param {import("./types.js").Shown} show */
  async bring(recording, show) {
    if (show.startsWith("map:")) await loadMap(this.source, recording, Number(show.slice(4)));
    if (show === "positions") await loadPositions(this.source, recording);
  }
}
