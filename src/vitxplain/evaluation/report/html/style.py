"""How report.html looks: light and dark as the reader's screen is, on wide and narrow ones, and on paper."""

from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c1e21; --faint: #62676d; --line: #dde0e4; --paper: #fff; --card: #f5f7f8;
  --good: #0b6b3a; --good-card: #e3f3e9; --tied-card: #edf0f2; --bad: #b3261e; --warn: #8a5a00; --link: #0059b3; }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e6e7e9; --faint: #a2a8af; --line: #373b41;
  --paper: #15171a; --card: #1f2226; --good: #6fd39b; --good-card: #163525; --tied-card: #2b2f35; --bad: #ff8f84;
  --warn: #f0c36a; --link: #82b7ff; } }
* { box-sizing: border-box; }
html { overflow-wrap: anywhere; -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem clamp(1rem, 3vw, 2.5rem) 3rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: clamp(1.5rem, 4vw, 2.1rem); line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .5rem; } h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
p, ul { margin: .5rem 0; max-width: 75ch; } ul { padding-left: 1.2rem; } a { color: var(--link); }
small, .about, .key { color: var(--faint); } small { font-size: .8rem; } .key { font-size: .875rem; max-width: 95ch; }
.data { border-top: 2px solid var(--line); margin-top: 3rem; padding-top: 1rem; }
.verdicts { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
  margin: 1rem 0; }
.verdict { background: var(--card); border-left: 5px solid var(--faint); border-radius: 6px; padding: .9rem 1.1rem; }
.verdict.take { border-color: var(--good); } .verdict p { margin: .35rem 0 0; } .verdict h3 { margin: 0; }
.verdict .choice { font-size: 1.3rem; font-weight: 650; line-height: 1.3; }
.notes { color: var(--warn); }
.scroll { overflow-x: auto; margin: .5rem 0; background: /* a shadow at the right as long as there is more */
  linear-gradient(to left, var(--paper) 1rem, transparent) right / 2.5rem 100% no-repeat local,
  linear-gradient(to left, color-mix(in srgb, var(--ink) 25%, transparent), transparent) right / .9rem 100% no-repeat; }
.scroll:focus-visible { outline: 2px solid var(--link); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; font-size: .95rem; }
th, td { padding: .35rem .8rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { vertical-align: bottom; } thead small { display: block; font-weight: 400; white-space: nowrap; }
.matrix { min-width: min(100%, 60rem); }
.matrix th[scope=row] { font-weight: 500; min-width: 9rem; max-width: 16rem; overflow-wrap: anywhere;
  position: sticky; left: 0; background: var(--paper); }
.matrix td { min-width: 7rem; white-space: nowrap; position: relative; padding-bottom: .6rem; }
.matrix td small { display: block; line-height: 1.2; }
.matrix td i { position: absolute; left: 0; bottom: .25rem; height: 3px; max-width: calc(100% - .8rem);
  border-radius: 2px; }
.matrix .model th { font-size: 1.05rem; padding-top: 1.1rem; border-bottom-width: 2px; }
.matrix .apart th { font-weight: 400; font-size: .8rem; color: var(--faint); padding-top: .9rem; }
.matrix .model span, .matrix .apart span { position: sticky; left: 0; }
.matrix .control th[scope=row], .matrix .control td { color: var(--faint); font-weight: 400; font-style: italic;
  padding-top: .15rem; }
.mark { border-radius: 3px; padding: 0 .35em; margin-left: .4em; font-size: .75rem; background: var(--tied-card); }
.mark.best { background: var(--good-card); color: var(--good); font-weight: 650; }
.sign { margin-left: .3em; } .sign.yes { color: var(--good); } .sign.no { color: var(--bad); }
.sample { width: 28px; height: 12px; margin-right: .45rem; vertical-align: -1px; }
.curves { display: grid; gap: 1rem 1.5rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); }
figure { margin: 0; break-inside: avoid; } figure > svg { display: block; width: 100%; max-width: 32rem; height: auto; }
figcaption { display: flex; gap: 1rem; justify-content: space-between; align-items: baseline; max-width: 32rem; }
svg text { font: 11px system-ui, sans-serif; fill: var(--faint); }
svg .grid { stroke: var(--line); stroke-width: .7; fill: none; }
polyline { stroke-linejoin: round; }
.curve-key { display: flex; flex-wrap: wrap; gap: .2rem 1.3rem; list-style: none; padding: 0; max-width: none;
  font-size: .875rem; }
img { display: block; background: #fff; border-radius: 4px; max-width: none; width: 100%; min-width: 50rem; }
details { margin: .5rem 0; } summary { cursor: pointer; padding: .3rem 0; font-weight: 500; }
pre { white-space: pre-wrap; background: var(--card); border-radius: 6px; padding: .7rem 1rem; margin: .5rem 0; }
code { font: .875rem/1.5 ui-monospace, monospace; }
dl { display: grid; grid-template-columns: minmax(6rem, max-content) minmax(0, 1fr); gap: .2rem 1.2rem; }
dt { color: var(--faint); } dd { margin: 0; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; }
  .matrix th[scope=row] { min-width: 7.5rem; max-width: 8.5rem; } .matrix .sample { display: block; } }
@media print { :root { font-size: 12px; } body { max-width: none; padding: 0; font-size: 10pt; }
  table { font-size: 8.5pt; } a { color: inherit; }
  .scroll { overflow: visible; } .matrix th[scope=row] { position: static; } .matrix td { min-width: 0; }
  tr, .verdict { break-inside: avoid; } h2, h3 { break-after: avoid; } img { min-width: 0; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
"""
