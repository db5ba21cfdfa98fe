"""The demo as one HTML file that needs nothing beside it."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape

from vitxplain.demo.scores import Score

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
img { max-width: 100%; } table { border-collapse: collapse; } th, td { padding: .2rem 1rem .2rem 0; text-align: left; }
td.number { text-align: right; font-variant-numeric: tabular-nums; } tr.control { color: #777; }
@media (prefers-color-scheme: dark) { body { background: #1b1b1f; color: #ddd; } img { background: #fff; } }
"""
INTRO = """<h1>vitxplain: does the map find the digit?</h1>
<p>Both models in the box were trained to name the handwritten digit among scraps of others. Nobody told them where it
is, but the images were made, so it is known. Average precision compares each map with the digit's own pixels: 1 is
perfect. Below are maps that know nothing of the model; a method that does not beat them explains nothing here.</p>"""


def page(scores: Sequence[Score], count: int, pictures: Mapping[str, bytes]) -> str:
    """The whole page: the table over `count` images, then the pictures, each under its caption."""
    rows = "".join(_row(score) for score in scores)
    figures = "".join(
        f'<h2>{escape(caption)}</h2><img alt="{escape(caption)}" '
        f'src="data:image/png;base64,{b64encode(picture).decode()}">'
        for caption, picture in pictures.items()
    )
    head = (
        "<tr><th>Model</th><th>Method</th><th>Average precision</th><th>95 % interval</th><th>Beats every control</th>"
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>vitxplain demo</title><style>{STYLE}</style>{INTRO}<table>{head}</tr>{rows}</table>"
        f"<p>Over {count} images of the test split of <code>digits</code>.</p>{figures}</html>\n"
    )


def _row(score: Score) -> str:
    precision, lead = score.precision, score.lead
    verdict = "" if lead is None else verdict_on(score)
    return (
        f'<tr class="{"method" if lead else "control"}"><td>{escape(score.model)}</td><td>{escape(score.method)}</td>'
        f'<td class="number">{precision.mean:.2f}</td>'
        f'<td class="number">{precision.low:.2f} to {precision.high:.2f}</td>'
        f"<td>{verdict}</td></tr>"
    )


def verdict_on(score: Score) -> str:
    """Whether a method leads the best control by more than chance."""
    lead = score.lead
    if lead is None:
        return ""
    return "yes" if lead.low > 0 else "no" if lead.high < 0 else "cannot tell"
