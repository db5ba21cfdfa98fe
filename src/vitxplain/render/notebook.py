"""What a notebook shows of an explanation: its picture and the facts under it; of a list all maps in one picture."""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.target_words import name_and_score
from vitxplain.explanation.titles import model_name
from vitxplain.render.draw import plot
from vitxplain.render.figure import png_bytes
from vitxplain.render.found import MOST_DRAWN
from vitxplain.render.sheets.grid_sheet import grid_sheet
from vitxplain.render.sheets.list_grid import list_grid
from vitxplain.tasks.base import PROBABILITY, ExplainedTarget
from vitxplain.words import shown


def to_html(explanation: Explanation) -> str:
    """The picture as an inline PNG, and a small table."""
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th><td style="text-align:left">{escape(text)}</td></tr>'
        for name, text in _facts(explanation)
        if text
    )
    picture = _image(png_bytes(plot(explanation)), explanation.method)
    return f'<figure style="margin:0">{picture}<figcaption><table>{rows}</table></figcaption></figure>'


def list_to_html(explanations: Sequence[Explanation]) -> str | None:
    """All maps in one picture; None where there are none."""
    grid = list_grid(explanations) if explanations else None
    return None if grid is None else _image(png_bytes(grid_sheet(grid)), grid.headline)


def _image(picture: bytes, words: str) -> str:
    content = b64encode(picture).decode()
    return f'<img style="max-width:100%" alt="{escape(words)}" src="data:image/png;base64,{content}"/>'


def _target(target: ExplainedTarget) -> str:
    """Its whole name with index and score; in a contrast those of both classes in short."""
    whole = f"{target.name} ({target.index}), {shown(target.probability, target.unit)}"
    return whole if target.against is None else name_and_score(target)


def _facts(explanation: Explanation) -> list[tuple[str, str]]:
    detections = explanation.detections[:MOST_DRAWN]
    things = [f"{number} {thing.name} {shown(thing.score, PROBABILITY)}" for number, thing in enumerate(detections)]
    target, prediction, shape = explanation.target, explanation.prediction, explanation.values.shape
    classes = () if things else zip(prediction.names, prediction.probabilities, strict=True)
    return [
        ("method", explanation.method),
        ("options", ", ".join(f"{name}={value}" for name, value in explanation.options.items())),
        ("model", model_name(explanation)),
        ("target", _target(target) if target else ""),
        ("found", "; ".join(things)),
        ("prediction", "; ".join(f"{name} {shown(share, prediction.unit)}" for name, share in classes)),
        ("values", " × ".join(f"{name} {size}" for name, size in zip(explanation.axes.split(), shape, strict=True))),
    ]
