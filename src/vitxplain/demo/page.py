"""The demo as one HTML file that needs nothing beside it: the viewer, and each task beside the truth."""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from vitxplain.demo.scene_part import ScenePart
from vitxplain.demo.scores import Score
from vitxplain.inspect.page import page_parts
from vitxplain.inspect.recording import Recording
from vitxplain.metrics.intervals import Interval

STYLE = """
:root { color-scheme: light dark; } :root[data-theme="light"] { color-scheme: light; }
:root[data-theme="dark"] { color-scheme: dark; }
body { display: flex; flex-direction: column; font: 16px/1.5 system-ui, sans-serif; color: light-dark(#222, #ddd);
  background: light-dark(#fff, #1b1b1f); }
#vitxplain { flex: 1; min-height: 0; }
.ways { display: flex; gap: 1.5rem; padding: 0 1.25rem; border-bottom: 1px solid #8884; overflow-x: auto; }
.ways a { padding: .6rem 0 .5rem; border-bottom: 3px solid transparent; color: inherit; text-decoration: none;
  white-space: nowrap; }
.ways a:hover, .ways a[aria-current="true"] { border-color: light-dark(#b45309, #ffb454); }
#truth { position: fixed; z-index: 1; inset: 3rem 0 0; padding: 0 1.25rem 2rem; overflow: auto; outline: none;
  background: inherit; }
#truth > div { max-width: 76rem; margin: auto; }
img { max-width: 100%; background: #fff; }
table { border-collapse: collapse; } th, td { padding: .2rem 1rem .2rem 0; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; } tr.control { color: light-dark(#6b6b6b, #a0a0a0); }
.table { overflow-x: auto; }
[hidden] { display: none; }
"""
# What is typed over the truth is not for the viewer below it.
SCRIPT = """
const truth = document.getElementById("truth");
for (const way of document.querySelectorAll(".ways a")) way.addEventListener("click", (event) => {
  event.preventDefault();
  truth.hidden = way.hash !== "#truth";
  document.getElementById("vitxplain").inert = !truth.hidden;
  for (const other of document.querySelectorAll(".ways a")) other.setAttribute("aria-current", other === way);
  if (!truth.hidden) truth.focus();
});
addEventListener("keydown", (event) => { if (!truth.hidden) event.stopPropagation(); }, true);
"""
INTRO = """<h1>Does the map find the digit?</h1>
<p>Both classifiers in the box were trained to name the handwritten digit among scraps of others. Nobody told them where
it is, but the images were made, so it is known. Average precision compares each map with the digit's own pixels: 1 is
perfect. Below are maps that know nothing of the model; a method that does not beat them explains nothing here.</p>"""
SCENES = """<h1>And the objects of a scene?</h1>
<p>Scenes have several digits among scraps, and where each is is known, too. Each thing that a model finds in them has a
map of its own. Counted is what overlaps by half at least with what is truly there and has its name: how often the
highest place of its map lies inside, and which share of the map does. To a detector inside is the true box, to a
segmenter the true pixels of the class.</p>"""


def page(recording: Recording, truth: str) -> Iterator[str]:
    """The whole page in parts: it opens on the viewer of what was recorded; `truth` is a click away."""
    lead = (
        f'<style>{STYLE}</style><nav class="ways" aria-label="The demo"><a href="#vitxplain" aria-current="true">'
        'Walk through attention</a><a href="#truth">Beside the truth</a></nav>'
        f'<section id="truth" tabindex="-1" hidden><div>{truth}</div></section><script>{SCRIPT}</script>'
    )
    return page_parts(recording, title="vitxplain demo", full=True, lead=lead)


def truth_part(
    scores: Sequence[Score], count: int, pictures: Mapping[str, bytes], scenes: Sequence[ScenePart] = ()
) -> str:
    """The table over `count` images, the pictures, each under its caption, then the scenes."""
    rows = "".join(_row(score) for score in scores)
    figures = "".join(f"<h2>{escape(caption)}</h2>{_image(caption, picture)}" for caption, picture in pictures.items())
    columns = ("Model", "Method", "Average precision", "95 % interval", "Beats every control")
    return (
        f"{INTRO}{_table(columns, rows)}<p>Over {count} images of the test split of <code>digits</code>.</p>{figures}"
        f"{SCENES if scenes else ''}{''.join(_scenes(part) for part in scenes)}"
    )


def _scenes(part: ScenePart) -> str:
    """The table of a model on scenes, and its sheet."""
    rows = "".join(
        f'<tr class="{"method" if score.model else "control"}"><td>{escape(score.method)}</td>'
        f"{_number(score.pointing)}{_number(score.inside)}</tr>"
        for score in part.scores
    )
    columns = ("Method", "Points inside", "95 % interval", "Share inside", "95 % interval")
    count = f"{part.scores[0].matched} of {part.scores[0].total}" if part.scores else "none"
    return (
        f"<h2>{escape(part.model)}: {escape(part.task)}</h2>{_table(columns, rows)}"
        f"<p>Found: {count} in {part.count} scenes of the test split of <code>scenes</code>.</p>"
        f"{_image(part.model, part.picture)}"
    )


def _table(columns: Sequence[str], rows: str) -> str:
    head = "".join(f"<th>{column}</th>" for column in columns)
    return f'<div class="table"><table><tr>{head}</tr>{rows}</table></div>'


def _image(caption: str, picture: bytes) -> str:
    return f'<img alt="{escape(caption)}" src="data:image/png;base64,{b64encode(picture).decode()}">'


def _number(interval: Interval) -> str:
    mean, low, high = interval
    return f'<td class="number">{mean:.2f}</td><td class="number">{low:.2f} to {high:.2f}</td>'


def _row(score: Score) -> str:
    precision, lead = score.precision, score.lead
    verdict = "" if lead is None else verdict_on(score)
    return (
        f'<tr class="{"method" if lead else "control"}"><td>{escape(score.model)}</td><td>{escape(score.method)}</td>'
        f"{_number(precision)}<td>{verdict}</td></tr>"
    )


def verdict_on(score: Score) -> str:
    """Whether a method leads the best control by more than chance."""
    lead = score.lead
    if lead is None:
        return ""
    return "yes" if lead.low > 0 else "no" if lead.high < 0 else "cannot tell"
