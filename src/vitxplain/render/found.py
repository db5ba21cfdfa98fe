"""What a model found, drawn on its image: boxes and outlines with names and scores, one colour an object."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from jaxtyping import Bool
from matplotlib.axes import Axes

from vitxplain.explanation.explanation import ASKING, Explanation
from vitxplain.explanation.target_words import name_and_score
from vitxplain.geometry import Box, Geometry
from vitxplain.render.colours import CLASSES
from vitxplain.render.names import Names, Spot, spots_of_box, spots_of_region
from vitxplain.render.outline import outline_box, outline_mask
from vitxplain.tasks.base import ExplainedTarget
from vitxplain.tasks.detected import Detected, on_image
from vitxplain.words import percent, short_name

MOST_DRAWN: Final = 12  # of what was found; more could not be read
THIN, THICK = 0.7, 1.6  # points
ASKS: Final = "#7CFC00"  # bright green, which no heat map has
LONGEST: Final = 18  # letters of a name on an image


def outline_found(axes: Axes, explanation: Explanation) -> None:
    """Everything that was found, the best first; what is explained in thick lines. The axes show the image."""
    target, geometry, names = explanation.target, explanation.geometry, Names(axes)
    others = [
        (number, detected)
        for number, detected in enumerate(explanation.detections[:MOST_DRAWN])
        if not (target and target_number(target) == number)
    ]
    for number, detected in reversed(others):
        _outline(axes, detected.box, detected.mask, geometry, _colour(number), THIN)
    _outline_target(axes, explanation, names)
    for number, detected in others:
        name = f"{number} {short_name(detected.name, LONGEST)} {percent(detected.score)}"
        names.add(name, _colour(number), _spots(detected.box, detected.mask, geometry), short=str(number))


def outline_target(axes: Axes, explanation: Explanation) -> None:
    """What is explained, where that is a part of the image; the axes show its map.

    A segment has no name there, which would hide its middle.
    """
    target = explanation.target
    _outline_target(axes, explanation, Names(axes) if target and target.box is not None else None)


def _outline_target(axes: Axes, explanation: Explanation, names: Names | None) -> None:
    """What is explained, and the patch that asks, if one does."""
    target, asking = explanation.target, explanation.provenance.get(ASKING)
    if asking is not None:
        outline_box(axes, asking, colour=ASKS, width=THICK)
    if target is None or (target.box is None and target.region is None):
        return
    colour, geometry = target_colour(target), explanation.geometry
    _outline(axes, target.box, target.region, geometry, colour, THICK)
    if names is not None:
        number = "" if target_number(target) is None else f"{target_number(target)}"
        name = f"{number} {name_and_score(target, '{} {}', LONGEST)}".strip()
        names.add(name, colour, _spots(target.box, target.region, geometry), short=number)


def outline_asking(axes: Axes, explanation: Explanation, size: tuple[int, int]) -> None:
    """The patch that asks, if one does, on axes that show what the model saw in a picture of `size` (width, height)."""
    asking = explanation.provenance.get(ASKING)
    if asking is not None:
        top, left, bottom, right = explanation.geometry.box
        down, across = size[1] / (bottom - top), size[0] / (right - left)
        box = (
            (asking[0] - left) * across,
            (asking[1] - top) * down,
            (asking[2] - left) * across,
            (asking[3] - top) * down,
        )
        outline_box(axes, box, colour=ASKS, width=THICK)


def target_number(target: ExplainedTarget) -> int | None:
    """Its number among what was found, which its label says: object-3, segment-0~road."""
    word, _, rest = target.label.partition("-")
    number = rest.partition("~")[0]
    return int(number) if word in ("object", "segment") and number.isdecimal() else None


def target_colour(target: ExplainedTarget) -> str:
    """That of its number; a region of the user's own has the first."""
    return _colour(target_number(target) or 0)


def scaled(explanation: Explanation, down: float, across: float) -> Explanation:
    """Its boxes as on an image that is so many times as high and wide."""
    target, asking = explanation.target, explanation.provenance.get(ASKING)
    marked = {} if asking is None else {ASKING: _scaled(tuple(asking), down, across)}
    return replace(
        explanation,
        provenance={**explanation.provenance, **marked},
        target=target and replace(target, box=_scaled(target.box, down, across)),
        detections=_all_scaled(explanation.detections, down, across),
    )


def _all_scaled(detections: Sequence[Detected], down: float, across: float) -> tuple[Detected, ...]:
    return tuple(replace(detected, box=_scaled(detected.box, down, across)) for detected in detections)


def _scaled(box: Box | None, down: float, across: float) -> Box | None:
    return box and (box[0] * across, box[1] * down, box[2] * across, box[3] * down)


def _colour(number: int) -> str:
    return CLASSES[number % len(CLASSES)]


def _outline(
    axes: Axes,
    box: Box | None,
    mask: Bool[np.ndarray, "row column"] | None,
    geometry: Geometry,
    colour: str,
    width: float,
) -> None:
    if mask is not None and (region := on_image(mask, geometry)).any():
        outline_mask(axes, region, colour, width)
    if box is not None:
        outline_box(axes, box, colour=colour, width=width)


def _spots(box: Box | None, mask: Bool[np.ndarray, "row column"] | None, geometry: Geometry) -> list[Spot]:
    """Where its name may stand."""
    if box is not None:
        return spots_of_box(box)
    region = None if mask is None else on_image(mask, geometry)
    return [] if region is None or not region.any() else spots_of_region(region)
