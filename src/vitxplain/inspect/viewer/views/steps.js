/** The steps of a training: a slider, and play. */

import { el } from "../dom.js";

/** Milliseconds a step stays. */
const PACE = 700;

/** @param {import("../catalogue.js").Catalogue} catalogue @param {(id: string) => Promise<void>} open */
export function makeSteps(catalogue, open) {
  const input = el("input", { type: "range", min: "0", "aria-label": "Step", oninput: () => go(Number(input.value)) });
  const said = el("span", { class: "said" });
  const play = el("button", { type: "button", class: "plain play", text: "▶ Play", title: "Space", onclick: () => toggle() });
  const element = el("div", { class: "row steps", hidden: true }, play, el("label", {}, "Step", input, said));
  /** @type {import("../types.js").Entry[]} */
  let steps = [];
  let place = 0;
  let timer = 0;
  /** @param {number} to */
  const go = async (to) => {
    if (steps[to]) await open(steps[to].id);
  };
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    play.textContent = "▶ Play";
  };
  const toggle = () => {
    if (timer) return stop();
    if (steps.length < 2) return undefined;
    play.textContent = "❚❚ Stop";
    const tick = async () => {
      await go((place + 1) % steps.length);
      if (timer) timer = Number(setTimeout(tick, PACE));
    };
    timer = Number(setTimeout(tick, 60));
    return undefined;
  };
  return {
    element,
    stop,
    toggle,
    /** @param {number} by */
    move: (by) => go(Math.max(0, Math.min(steps.length - 1, place + by))),
    /** @param {import("../types.js").Entry} entry */
    update(entry) {
      steps = catalogue.steps(entry.run, entry.name);
      place = steps.indexOf(entry);
      element.hidden = steps.length < 2;
      input.max = String(steps.length - 1);
      input.value = String(place);
      input.setAttribute("aria-valuetext", `step ${entry.step}`);
      said.textContent = `${entry.step}  (${place + 1} of ${steps.length})`;
    },
  };
}
