"""The demo as one HTML file that needs nothing beside it."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape

from vitxplain.demo.scene_part import ScenePart
from vitxplain.demo.scores import Score
from vitxplain.metrics.intervals import Interval

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
img { max-width: 100%; } table { border-collapse: collapse; } th, td { padding: .2rem 1rem .2rem 0; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; } tr.control { color: #777; }
@media (prefers-color-scheme: dark) { body { background: #1b1b1f; color: #ddd; } img { background: #fff; } }
"""
INTRO = """<h1>vitxplain: does the map find the digit?</h1>
<p>Both classifiers in the box were trained to name the handwritten digit among scraps of others. Nobody told them where
it is, but the images were made, so it is known. Average precision compares each map with the digit's own pixels: 1 is
perfect. Below are maps that know nothing of the model; a method that does not beat them explains nothing here.</p>"""
SCENES = """<h1>And the objects of a scene?</h1>
<p>Scenes have several digits among scraps, and where each is is known, too. Each thing that a model finds in them has a
map of its own. Counted is what overlaps by half at least with what is truly there and has its name: how often the
highest place of its map lies inside, and which share of the map does. To a detector inside is the true box, to a
segmenter the true pixels of the class.</p>"""


def page(scores: Sequence[Score], count: int, pictures: Mapping[str, bytes], scenes: Sequence[ScenePart] = ()) -> str:
    """The whole page: the table over `count` images, the pictures, each under its caption, then the scenes."""
    rows = "".join(_row(score) for score in scores)
    figures = "".join(f"<h2>{escape(caption)}</h2>{_image(caption, picture)}" for caption, picture in pictures.items())
    head = (
        "<tr><th>Model</th><th>Method</th><th>Average precision</th><th>95 % interval</th><th>Beats every control</th>"
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>vitxplain demo</title><style>{STYLE}</style>{INTRO}<table>{head}</tr>{rows}</table>"
        f"<p>Over {count} images of the test split of <code>digits</code>.</p>{figures}"
        f"{SCENES if scenes else ''}{''.join(_scenes(part) for part in scenes)}</html>\n"
    )


def _scenes(part: ScenePart) -> str:
    """The table of a model on scenes, and its sheet."""
    rows = "".join(
        f'<tr class="{"method" if score.model else "control"}"><td>{escape(score.method)}</td>'
        f"{_number(score.pointing)}{_number(score.inside)}</tr>"
        for score in part.scores
    )
    columns = ("Method", "Points inside", "95 % interval", "Share inside", "95 % interval")
    head = f"<tr>{''.join(f'<th>{column}</th>' for column in columns)}</tr>"
    count = f"{part.scores[0].matched} of {part.scores[0].total}" if part.scores else "none"
    return (
        f"<h2>{escape(part.model)}: {escape(part.task)}</h2><table>{head}{rows}</table>"
        f"<p>Found: {count} in {part.count} scenes of the test split of <code>scenes</code>.</p>"
        f"{_image(part.model, part.picture)}"
    )


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
