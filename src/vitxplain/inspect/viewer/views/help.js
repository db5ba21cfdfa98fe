/** All keys, in a panel that does not stand in the way. */

import { el } from "../dom.js";

export const KEYS = [
  ["← →", "layer"],
  ["↑ ↓", "head"],
  ["Shift + arrows", "move the patch"],
  ["C", "class token"],
  ["Esc", "let go"],
  ["X", "turn the direction"],
  ["1 … 9", "image"],
  ["[ ]", "step before, after"],
  ["Space", "play the steps"],
  ["N", "next map over the picture"],
  ["A", "all heads: mean, minimum, maximum"],
  ["R", "scale"],
  ["M", "outline on, off"],
  ["O", "colours on, off"],
  ["K", "compare, one alone"],
  ["S", "save the picture"],
  ["L", "copy a link to this view"],
  ["T", "light, dark"],
  ["?", "these keys"],
];

/** @param {() => void} close */
export function makeHelp(close) {
  return el(
    "aside",
    { class: "help", "aria-label": "Keys", hidden: true },
    el("div", { class: "row" }, el("h2", { text: "Keys" }), el("span", { class: "grow" }), el("button", { type: "button", class: "plain", text: "Close", onclick: close })),
    el("dl", {}, ...KEYS.flatMap(([key, does]) => [el("dt", {}, el("kbd", { text: key })), el("dd", { text: does })])),
    el("p", { text: "Move over the picture to ask a patch; click keeps it, and moving then reads values. Move over a cell of the grid to look at it; click keeps it. A dot of the chart opens its head; it is round and orange (far) where the head looks at least half as far as attention that goes everywhere alike, else square and blue (near). Patch 6 · 8 is the one in row 6, column 8." }),
    el("p", { text: "A view opens at three quarters of the layers, for the last ones often look at a few patches, whatever the picture shows. An outline goes round the fewest patches that hold the share you set; where these are more than 40 % of all, or more than six pieces, none is drawn and the line below the picture says so." }),
  );
}

/** The line at the foot: the keys one needs first. */
export function makeFoot() {
  const some = [["← →", "layer"], ["↑ ↓", "head"], ["Shift + arrows", "move the patch"], ["C", "class token"], ["X", "turn the direction"], ["1 … 9", "image"], ["T", "theme"], ["?", "all keys"]];
  return some.map(([key, does]) => el("span", {}, el("kbd", { text: key }), does));
}
