/** The controls below the picture: who is asked, in which direction, what lies over the picture and how. */

import { chooser, el, segments } from "../dom.js";
import { TABLES } from "../values/colours.js";
import { whyNoOutline } from "../values/outline.js";
import { singular } from "../values/query.js";
import { capital } from "../values/words.js";

/** @typedef {import("../types.js").State} State */

/**
 * @param {import("../recording.js").Recording} recording of the first pane
 * @param {(change: Partial<State>) => void} set @param {(show: import("../types.js").Shown) => void} show
 * @param {() => void} patch asks the patch in the middle
 */
export function makeControls(recording, set, show, patch) {
  const { facts } = recording;
  const direction = segments("Direction", [{ value: /** @type {"to" | "from"} */ ("to"), text: "looks at" }, { value: /** @type {"to" | "from"} */ ("from"), text: "is looked at by", title: "X turns the direction" }], (value) => set({ direction: value }));
  const gridded = facts.layers.some((layer) => layer.queries.grid);
  const kind = facts.layers[0]?.queries.kind ?? "patches";
  const kinds = new Set(facts.layers.map((layer) => layer.queries.kind));
  const first = facts.default_query === "class" ? "class token" : kinds.size > 1 ? "the average" : `average ${singular(kind)}`;
  const who = segments("Who is asked", [{ value: "default", text: first, title: "C" }, ...(gridded ? [{ value: "patch", text: "a patch" }] : [])], (value) => (value === "patch" ? patch() : set({ query: null })));
  const others = otherTokens(facts);
  const other = others.length > 1 ? chooser("Other tokens", others, (value) => set({ query: value ? JSON.parse(value) : null }), true) : null;
  const layers = shownLayers(facts);
  const shown = chooser("Show", layers, (value) => show(/** @type {import("../types.js").Shown} */ (value)));
  const mass = slider("Outline", "Outline the patches that hold this share", (value) => set({ mass: value }));
  const heat = slider("Heat", "How strong the colours are", (value) => set({ heat: value }));
  const scale = chooser("Scale", [{ value: "map", text: "each map" }, { value: "all", text: "one for all" }, { value: "log", text: "logarithmic" }], (value) => set({ scale: /** @type {import("../types.js").Scale} */ (value) }));
  const colours = chooser("Colours", TABLES.map((name) => ({ value: name, text: name })), (value) => set({ colours: value }), true);
  const fusion = chooser("All heads", [{ value: "mean", text: "mean" }, { value: "min", text: "minimum" }, { value: "max", text: "maximum" }], (value) => set({ fusion: /** @type {import("../types.js").Fusion} */ (value) }));
  const hint = el("p", { class: "hint" });
  const none = el("p", { class: "none", id: "outline-none", title: "An outline goes round up to 40 % of the patches, in up to six pieces; round more it would say nothing. A smaller share may fit." });
  mass.input.setAttribute("aria-describedby", none.id);
  const element = el("div", { class: "controls" }, el("div", { class: "hints" }, hint, none), el("div", { class: "row" }, direction.element, who.element, other?.element, layers.length > 1 && shown.element), el("div", { class: "row" }, mass.element, heat.element, scale.element, colours.element));
  return {
    element,
    fusion: fusion.element,
    /** @param {State} state @param {string} name of the query @param {boolean} asks whether patches can be asked in this layer @param {import("./photo.js").PictureMap[]} maps on show */
    update(state, name, asks, maps) {
      direction.set(state.direction);
      who.set(state.query === null ? "default" : state.query.kind === "patch" ? "patch" : "");
      if (who.buttons[1]) who.buttons[1].textContent = state.query?.kind === "patch" ? name : "a patch";
      other?.set(state.query && state.query.kind !== "patch" ? JSON.stringify(state.query) : "");
      shown.set(state.subjects[0]?.show ?? "attention");
      const why = state.mass ? maps.map((map) => (map.signed ? "it has values below 0" : whyNoOutline(map.values, ...map.grid, state.mass / 100))).find(Boolean) : "";
      none.textContent = why ? `No outline${maps.length > 1 ? " in one" : ""}: ${why}` : "";
      mass.set(state.mass, state.mass ? `${state.mass} %` : "off");
      heat.set(state.heat, `${state.heat} %`);
      scale.set(state.scale);
      fusion.set(state.fusion);
      colours.set(state.colours);
      if (state.subjects[0]?.show.startsWith("map:")) hint.textContent = "Move to read values; N shows the next map";
      else if (!asks) hint.textContent = "Move to read values; choose below who is asked";
      else hint.textContent = state.query ? "Kept: move to read values, click another patch, Esc lets go" : "Move over the picture to ask a patch, click to keep it";
    },
  };
}

/** @param {import("../types.js").Facts} facts */
export function shownLayers(facts) {
  return [
    { value: "attention", text: "attention" },
    ...facts.maps.map((map, place) => ({ value: `map:${place}`, text: map.target ? `${map.method} · ${map.target}` : map.method })),
    ...(facts.positions ? [{ value: "positions", text: "position similarity" }] : []),
  ];
}

/** Tokens that are no patches: registers, words, object queries. @param {import("../types.js").Facts} facts */
function otherTokens(facts) {
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const layer of facts.layers) {
    for (const tokens of [layer.queries, layer.keys]) {
      for (const name of tokens.prefix) {
        if (!(name === "class" && facts.default_query === "class")) found.set(JSON.stringify({ kind: "prefix", name }), `${name} token`);
      }
      if (tokens.grid || tokens.kind.startsWith("channel")) continue;
      const count = Math.min(300, tokens.count - tokens.prefix.length);
      for (let index = 0; index < count; index++) {
        const label = facts.found?.find((finding) => finding.query === index && tokens.kind === "object queries")?.label;
        const name = tokens.names?.[index] ?? label;
        found.set(JSON.stringify({ kind: "item", of: tokens.kind, index }), `${capital(singular(tokens.kind))} ${index + 1}${name ? ` · ${name}` : ""}`);
      }
    }
  }
  const kinds = new Set(facts.layers.flatMap((layer) => [layer.queries, layer.keys]).filter((tokens) => !tokens.grid && !tokens.kind.startsWith("channel")).map((tokens) => tokens.kind));
  const prefixes = [...found.keys()].some((key) => key.includes('"prefix"'));
  return [{ value: "", text: kinds.size === 1 && !prefixes ? `${singular([...kinds][0])} …` : "other tokens …" }, ...[...found].map(([value, text]) => ({ value, text }))];
}

/** @param {string} label @param {string} title @param {(value: number) => void} change */
function slider(label, title, change) {
  const input = el("input", { type: "range", min: "0", max: "100", title, "aria-label": title, oninput: () => change(Number(input.value)) });
  const said = el("span", { class: "said" });
  return {
    element: el("label", {}, label, input, said),
    input,
    /** @param {number} value @param {string} text */
    set(value, text) {
      input.value = String(value);
      said.textContent = text;
    },
  };
}
