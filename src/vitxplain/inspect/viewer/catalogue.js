/** The list of recordings: runs, images and steps, and the way from one to another. */

/** @typedef {import("./types.js").Entry} Entry */

export class Catalogue {
  /** @param {Entry[]} records */
  constructor(records) {
    this.records = records;
    this.byId = new Map(records.map((entry) => [entry.id, entry]));
    this.runs = [...new Set(records.map((entry) => entry.run))];
  }

  /** @param {string} id */
  entry(id) {
    return this.byId.get(id);
  }

  /** Names of the images of a run, in the order they were recorded. @param {string} run */
  names(run) {
    return [...new Set(this.records.filter((entry) => entry.run === run).map((entry) => entry.name))];
  }

  /** Recordings of one image, by step. @param {string} run @param {string} name */
  steps(run, name) {
    return this.records.filter((entry) => entry.run === run && entry.name === name).sort((a, b) => a.step - b.step);
  }

  /**
   * The recording of a run and image nearest to a step; where the run lacks the image, its first.
   * @param {string} run @param {string} name @param {number} step
   */
  nearest(run, name, step) {
    const names = this.names(run);
    const steps = this.steps(run, names.includes(name) ? name : names[0]);
    return steps.reduce((/** @type {Entry | undefined} */ best, entry) => (!best || Math.abs(entry.step - step) < Math.abs(best.step - step) ? entry : best), undefined);
  }

  /** The recordings of other images beside one: the same run, the nearest step. @param {Entry} entry @param {number} most */
  neighbours(entry, most) {
    const names = this.names(entry.run);
    const first = Math.max(0, Math.min(names.indexOf(entry.name) - (most >> 1), names.length - most));
    return names.slice(first, first + most).flatMap((name) => this.nearest(entry.run, name, entry.step) ?? []);
  }

  /** What a comparison opens with: another step, else another image, else another run, else the record itself. @param {Entry} entry */
  other(entry) {
    const steps = this.steps(entry.run, entry.name);
    if (steps.length > 1) return steps[0] === entry ? steps[steps.length - 1] : steps[0];
    const name = this.names(entry.run).find((word) => word !== entry.name);
    if (name) return this.nearest(entry.run, name, entry.step);
    const run = this.runs.find((word) => word !== entry.run);
    return run === undefined ? entry : this.nearest(run, entry.name, entry.step);
  }
}
