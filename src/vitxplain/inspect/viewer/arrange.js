/** What stands where, and how large everything is, from the room the page gives. */

import { keepMiddle } from "./actions.js";
import { hostOf } from "./dom.js";
import { fit, gridLayout } from "./values/layout.js";
import { makeCaption } from "./views/caption.js";
import { makeControls } from "./views/controls.js";
import { MOST } from "./views/images.js";
import { readTheme, themeAround } from "./views/theme.js";

/** Below this width the page stacks. */
const NARROW = 900;

/** Pixels the predictions take beside the picture. */
const BESIDE = 132;

/** Pixels a line of the predictions takes. */
const PREDICTIONS = 23;

/** Below this width two stand one below the other. */
const STACKED = 560;

/** Below this height it scrolls. */
const LOW = 620;

/** Controls and captions for the panes. @param {import("./app.js").App} app */
export function dress(app) {
  const [pane] = app.panes;
  const theme = app.state.theme || themeAround(hostOf(app.page));
  app.page.dataset.theme = theme;
  if (app.state.theme) app.host.theme?.(theme);
  app.theme = readTheme(app.page);
  app.controls = makeControls(pane.recording, (change) => app.set(change), (show) => app.show(0, show), () => keepMiddle(app));
  pane.gridHeading.append(app.controls.fusion);
  app.dock.replaceChildren(app.steps.element, app.controls.element);
  app.panes.forEach((own, place) => own.caption.replaceChildren(...(app.panes.length > 1 ? makeCaption(app.catalogue, own, (id) => app.openRecord(id, place), (show) => app.show(place, show)) : [])));
  app.panes.forEach((own, place) => {
    const side = app.panes.length > 1 ? `, ${place ? "right" : "left"}` : "";
    own.left.setAttribute("aria-label", `Picture ${own.recording.facts.name}${side}`);
    own.right.setAttribute("aria-label", `Heads of ${own.recording.facts.name}${side}`);
  });
  app.body.replaceChildren(...app.panes.flatMap((own) => [own.left, own.right]));
  app.body.classList.toggle("two", app.panes.length > 1);
  if (app.panes.length > 1) app.body.prepend(app.dock);
  else {
    pane.note.after(app.dock);
    pane.left.append(app.images.element);
  }
  app.images.reserve(pane.subject.show !== "attention" ? 0 : Math.min(MOST, app.catalogue.names(app.entry.run).length));
  if (pane.recording.facts.cut) app.say(pane.recording.facts.cut);
}

/** @param {import("./app.js").App} app */
export function arrange(app) {
  const { page, panes, body } = app;
  const width = page.clientWidth;
  const height = page.clientHeight;
  const two = panes.length > 1;
  const narrow = width < NARROW;
  const flows = narrow || two || height < LOW;
  page.classList.toggle("narrow", narrow);
  page.classList.toggle("flows", flows);
  page.classList.toggle("small", width < 700);
  page.classList.toggle("stacked", two && width < STACKED);
  page.classList.toggle("tight", !two && !narrow && width < 1400);
  for (const pane of panes) {
    const { picture, seen } = pane.recording.facts;
    const side = 40;
    const share = two && width >= STACKED ? 0.5 : 1;
    const room = flows ? (narrow && share === 1 ? width - side : width * share - side) : 0.46 * width - side;
    const bar = 66;
    const least = Math.min(room, 0.415 * width - side);
    const others = [...pane.left.children].filter((child) => child !== pane.photo.element && child !== pane.predictions);
    const used = others.reduce((sum, child) => sum + /** @type {HTMLElement} */ (child).offsetHeight + 11, 54);
    const below = PREDICTIONS * Math.min(5, pane.predictions.children.length);
    /** @param {number} taken of the height @param {number} [aside] of the width */
    const size = (taken, aside = 0) => fit(picture.width, picture.height, Math.max(120, room - bar - aside), flows ? Math.max(220, Math.min((two ? 0.38 : 0.62) * (globalThis.innerHeight || 800), 560)) : Math.max(180, body.clientHeight - taken));
    // Predictions stand below the picture, or beside it where that leaves it larger; of two they stand alike.
    let [wide, tall] = size(used + below);
    const sided = size(used, BESIDE);
    const beside = !two && pane.predictions.children.length > 0 && (sided[0] > wide || (flows && sided[0] === wide));
    if (beside) [wide, tall] = sided;
    if (beside) pane.photo.element.append(pane.predictions);
    else if (two) pane.note.after(pane.predictions);
    else app.dock.after(pane.predictions);
    pane.photo.resize(pane.recording, wide, tall, app.theme.dark);
    const left = flows || beside ? room : Math.max(least, Math.min(room, wide + bar));
    if (!two) body.style.setProperty("--left", `${Math.round(left + side)}px`);
    const across = narrow ? (two && width >= STACKED ? width / 2 : width) - side : two ? width / 2 - side : width - left - side - 24;
    const aspect = (seen[3] - seen[1]) / (seen[2] - seen[0]);
    const grids = pane.recording.facts.layers.map((layer) => layer.keys.grid ?? layer.queries.grid).filter((grid) => grid !== null);
    pane.gridLayout = gridLayout({
      width: Math.max(200, across),
      height: flows ? Infinity : Math.max(260, body.clientHeight - 28 - 30),
      layers: pane.recording.facts.layers.length,
      heads: pane.headCount,
      extra: pane.rows - pane.headCount,
      aspect: grids.length ? Math.max(0.4, Math.min(1.8, aspect)) : 0.6,
      charts: 2,
    });
    pane.heads.resize(pane.gridLayout);
    const [x, y, w, h] = pane.gridLayout.charts;
    pane.charts.resize(w, h);
    pane.charts.canvas.style.left = `${x}px`;
    pane.charts.canvas.style.top = `${y}px`;
    pane.gridBox.style.height = `${Math.max(pane.gridLayout.height, y + h)}px`;
  }
}
