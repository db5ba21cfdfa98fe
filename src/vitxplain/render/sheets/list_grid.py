"""The grid of a list of explanations: a row an image, beside it the map of each of its targets."""

from collections.abc import Sequence
from typing import Final

from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import is_of_image, which_map
from vitxplain.explanation.target_words import name_and_score
from vitxplain.explanation.titles import model_name
from vitxplain.render.sheets.cells import Cell, Grid, Heading, MapCell, WordCell
from vitxplain.words import LONGEST_NAME, counted, file_name, short_name, shown

ACROSS: Final = 6  # maps in a row
MOST: Final = 48  # maps in all
NARROW: Final = 12  # characters of each of two names under a map


def list_grid(explanations: Sequence[Explanation]) -> Grid | None:
    """The first of them, up to `MOST`; None where none of them is a map."""
    drawn = explanations[:MOST]
    if not any(is_of_image(made.axes) for made in drawn):
        return None
    of_images: dict[int, list[Explanation]] = {}
    for made in drawn:
        of_images.setdefault(id(made.image), []).append(made)
    rows: list[list[Cell]] = []
    headings: list[Heading] = []
    for of_image in of_images.values():
        for start in range(0, len(of_image), ACROSS):
            photograph = MapCell(of_image[0], model_says(of_image[0]), plain=True) if not start else None
            name = file_name(str(of_image[0].provenance.get("input") or ""))
            headings.append(Heading(name if photograph else ""))
            rows.append([photograph, *(_cell(made) for made in of_image[start : start + ACROSS])])
    across = max(map(len, rows))
    cells = [[*row, *[None] * (across - len(row))] for row in rows]
    headline = f"{counted(len(explanations), 'map')} of {counted(len(of_images), 'image')}"
    if len(explanations) > MOST:
        headline = f"The first {MOST} of {counted(len(explanations), 'map')}"
    columns = [Heading("image"), *[Heading("")] * (across - 1)]
    about = {made.method: None for made in drawn} | {model_name(made): None for made in drawn}
    detail = " · ".join(name for name in about if name)
    return Grid(headings, columns, cells, headline, detail, "heat (1 = each map's highest)")


def _cell(made: Explanation) -> Cell:
    return MapCell(made, target_caption(made)) if is_of_image(made.axes) else WordCell("no map of the image")


def target_caption(made: Explanation) -> str:
    """What a map is about and its score, and which of its values' maps it is."""
    target, which = made.target, which_map(made.values, made.axes)
    if target is None:
        return which or "about no class"
    words = name_and_score(target, longest=NARROW if target.against else LONGEST_NAME, rather=" over ")
    return f"{words} · {which}" if which else words


def model_says(made: Explanation) -> str:
    """What the model finds in the image, or its best class."""
    if made.detections:
        return f"finds {counted(len(made.detections), 'object' if made.detections[0].box else 'segment')}"
    prediction = made.prediction
    if not prediction.names:
        return ""
    return f"says {short_name(prediction.names[0])} · {shown(prediction.probabilities[0], prediction.unit)}"
