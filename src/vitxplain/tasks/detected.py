"""Detected: one thing that a model found in an image, an object or a segment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from jaxtyping import Bool

from vitxplain.errors import OptionError
from vitxplain.geometry import Box, Geometry

_LISTED: Final = 6  # things named in a message


@dataclass(frozen=True)
class Detected:
    """What was found, with the class that the model gives it and how sure it is.

    `query` is the row of the model's output that found it, None where a map of classes did. `mask` is its region at the
    resolution of the model's output.
    """

    index: int  # of the class
    name: str
    score: float  # a probability
    box: Box | None = None
    share: float | None = None  # of the image's pixels that the model saw
    query: int | None = None
    mask: Bool[np.ndarray, "row column"] | None = field(default=None, repr=False, compare=False)


def listed(detections: Sequence[Detected], word: str) -> str:
    """What was found, for a message: 0 dog (97 %), 1 cat (66 %)."""
    if not detections:
        return f"no {word}"
    named = [f"{word}:{number} {one.name} ({one.score:.0%})" for number, one in enumerate(detections[:_LISTED])]
    more = f" and {len(detections) - _LISTED} more" if len(detections) > _LISTED else ""
    return ", ".join(named) + more


def mask_of(detected: Detected) -> Bool[np.ndarray, "row column"]:
    """Its region.

    Raises:
        ValueError: it is an object of which a box alone is known.
    """
    if detected.mask is None:
        raise ValueError(f"{detected.name} has a box and no mask")
    return detected.mask


def on_image(mask: Bool[np.ndarray, "row column"], geometry: Geometry) -> Bool[np.ndarray, "height width"]:
    """A region of the model's input at the pixels of the image."""
    top, left, bottom, right = geometry.box
    height, width = geometry.image_size
    down = np.floor((np.arange(height) + 0.5 - top) / (bottom - top) * mask.shape[0]).astype(int)
    across = np.floor((np.arange(width) + 0.5 - left) / (right - left) * mask.shape[1]).astype(int)
    rows, columns = (np.clip(places, 0, size - 1) for places, size in zip((down, across), mask.shape, strict=True))
    visible = ((down == rows)[:, None]) & ((across == columns)[None])
    return mask[rows[:, None], columns[None]] & visible


def number_of(detected: Detected, detections: Sequence[Detected]) -> int | None:
    """Its place among what was found; None where it is none of that."""
    return next((number for number, one in enumerate(detections) if one == detected), None)


def checked_score(min_score: object) -> float:
    """Raises:
    OptionError: no number from 0 to 1.
    """
    if isinstance(min_score, bool) or not isinstance(min_score, (int, float)) or not 0 <= min_score <= 1:
        raise OptionError(f"min_score is {min_score!r}; it takes a number from 0 to 1.")
    return float(min_score)


def overlap(first: Box, second: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(width, 0.0) * max(height, 0.0)
    total = area(first) + area(second) - shared
    return shared / total if total > 0 else 0.0


def area(box: Box) -> float:
    """In pixels."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)
