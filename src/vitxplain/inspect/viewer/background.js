/** What comes after the first picture: the rest of the layers, the one on show first, then the other images. */

import { MOST } from "./views/images.js";

/** @param {import("./app.js").App} app @param {number} turn what is fetched for another view is of no use */
export async function fetchRest(app, turn) {
  for (const pane of [...app.panes]) {
    const layers = pane.recording.facts.layers.map((_, layer) => layer);
    layers.sort((a, b) => Math.abs(a - pane.layer) - Math.abs(b - pane.layer));
    for (const layer of layers) {
      if (turn !== app.turn) return;
      if (pane.recording.attention[layer] || pane.recording.facts.layers[layer].rows !== "all") continue;
      await pane.recording.load(layer);
      app.later();
    }
  }
  const entry = app.entry;
  const shown = app.catalogue.neighbours(entry, MOST);
  const names = app.catalogue.names(entry.run).slice(0, app.header.pictures);
  const others = names.flatMap((name) => app.catalogue.nearest(entry.run, name, entry.step) ?? []);
  const kept = [];
  for (const other of [...shown, ...others.filter((one) => !shown.includes(one))]) {
    try {
      const recording = await app.record(other.id);
      if (turn !== app.turn) return;
      if (recording.image) app.header.picture(other.name, recording.image);
      if (shown.includes(other)) kept.push(recording);
    } catch {
      continue;
    }
  }
  app.neighbours = kept;
  app.later();
}
