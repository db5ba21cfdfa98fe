/** What the model said: bars. */

import { el } from "../dom.js";
import { percent, plain } from "../values/words.js";

/** @param {HTMLElement} box @param {import("../types.js").Facts} facts */
export function fillPredictions(box, facts) {
  const rows = facts.prediction?.length ? facts.prediction : (facts.found ?? []);
  box.replaceChildren();
  rows.slice(0, 5).forEach((row, place) => {
    const strength = place ? "" : "top";
    const bar = el("i");
    bar.style.width = `${Math.max(0.5, 100 * shareOf(row, rows[0]))}%`;
    box.append(el("div", { class: `prediction ${strength}` }, el("span", { text: row.label, title: row.label }), el("div", {}, bar), el("span", { text: said(row) })));
  });
}

/** @typedef {{score: number, unit?: string}} Score */

/** @param {Score} row */
function said(row) {
  return row.unit === "value" ? plain(row.score, "") : percent(row.score);
}

/** How long the bar is: a value without a scale is measured by the first. @param {Score} row @param {Score} first */
function shareOf(row, first) {
  const share = row.unit === "value" ? row.score / first.score : row.score;
  return Math.max(0, Math.min(1, share || 0));
}
