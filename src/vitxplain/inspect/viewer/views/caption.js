/** In a comparison: what stands on this side. */

import { chooser } from "../dom.js";
import { shownLayers } from "./controls.js";

/**
 * @param {import("../catalogue.js").Catalogue} catalogue @param {import("../pane.js").Pane} pane
 * @param {(id: string) => void} open @param {(show: import("../types.js").Shown) => void} show
 * @returns {HTMLElement[]}
 */
export function makeCaption(catalogue, pane, open, show) {
  const entry = catalogue.entry(pane.recording.id);
  if (!entry) return [];
  /** @param {import("../types.js").Entry | undefined} next */
  const go = (next) => next && open(next.id);
  const run = chooser("Run", catalogue.runs.map((name) => ({ value: name, text: name || "." })), (value) => go(catalogue.nearest(value, entry.name, entry.step)));
  const image = chooser("Image", catalogue.names(entry.run).map((name) => ({ value: name, text: name })), (value) => go(catalogue.nearest(entry.run, value, entry.step)));
  const steps = catalogue.steps(entry.run, entry.name);
  const step = chooser("Step", steps.map((own) => ({ value: own.id, text: String(own.step) })), (value) => open(value));
  const shown = chooser("Show", shownLayers(pane.recording.facts), (value) => show(/** @type {import("../types.js").Shown} */ (value)));
  run.set(entry.run);
  image.set(entry.name);
  step.set(entry.id);
  shown.set(pane.subject.show);
  return [catalogue.runs.length > 1 && run.element, image.element, steps.length > 1 && step.element, shown.element].filter((element) => element !== false);
}
