"""RegionTarget: a class over a region; and which segment or region a spelling means."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.geometry import Geometry
from vitxplain.tasks.base import LOGITS, TaskOutputs
from vitxplain.tasks.detected import Detected, listed, mask_of
from vitxplain.tasks.spelling import Spelling, check_point
from vitxplain.tasks.targets.constant import DetectedTarget
from vitxplain.types import Scores


@dataclass(frozen=True)
class RegionTarget(DetectedTarget):
    """The sum of a class's logits over a region (Seg-Grad-CAM, arXiv 2002.11434, eq. 3), which stays as it is.

    Minus those of another class where the one is set `against` it.
    """

    text: str = "region"  # as the user wrote it
    _region: Tensor = field(init=False, repr=False, compare=False)

    word: ClassVar[str] = "segment"

    @property
    def unnumbered(self) -> str:
        return self.text.replace(":", "-")

    def __post_init__(self) -> None:
        object.__setattr__(self, "_region", torch.from_numpy(mask_of(self.detected)).float())

    def score(self, outputs: TaskOutputs) -> Scores:
        logits = outputs[LOGITS]
        region = self._region.to(logits)
        score = (logits[:, self.detected.index] * region).flatten(1).sum(1)
        return score if self.against is None else score - (logits[:, self.against[0]] * region).flatten(1).sum(1)

    def class_shares(self, probabilities: TaskOutputs, index: int) -> Scores:
        """On average over the region."""
        region = self._region.to(probabilities[LOGITS])
        return (probabilities[LOGITS][:, index] * region).flatten(1).sum(1) / region.sum()

    def presence(self, probabilities: TaskOutputs) -> Scores:
        """The mean probability of its class over the region."""
        return self.class_shares(probabilities, self.detected.index)


def chosen_segments(
    spelling: Spelling,
    detections: Sequence[Detected],
    segments: Sequence[Detected],
    shares: Float[Tensor, "label row column"],
    geometry: Geometry,
) -> Sequence[Detected]:
    """Those that are meant, of all `segments` of the image; a region of the user's is one too.

    `shares` are the probabilities of each class at each place.

    Raises:
        TargetError: there is no such segment, or the region is none of the image.
    """
    if spelling.everything:
        return detections[: spelling.most]
    if spelling.index is not None:
        return [_of_class(spelling, detections)]
    if spelling.point is not None:
        return [_at_point(spelling, *spelling.point, segments, geometry)]
    region = spelling.region if spelling.box is None else _box_region(spelling, geometry)
    if region is not None:
        return [_of_region(region, segments, shares, geometry)]
    return [_by_number(spelling, detections)]


def region_of(spelling: Spelling, geometry: Geometry, size: tuple[int, int]) -> Bool[np.ndarray, "row column"] | None:
    """The places of a map that a point, box or mask of the image means; None where a spelling has none of these.

    Raises:
        TargetError: it lies outside the image, or where the model did not look.
    """
    if spelling.point is not None:
        places = np.zeros(size, bool)
        places[_place(spelling, *spelling.point, size, geometry)] = True
        return places
    region = spelling.region if spelling.box is None else _box_region(spelling, geometry)
    return None if region is None else _checked_places(region, geometry, size)


def seen_places(geometry: Geometry, size: tuple[int, int]) -> Bool[np.ndarray, "row column"]:
    """Which places of a map lie on the image, and not on what the processor added around it."""
    rows, columns = size
    top, left, bottom, right = geometry.box
    height, width = geometry.image_size
    down = top + (np.arange(rows) + 0.5) / rows * (bottom - top)
    across = left + (np.arange(columns) + 0.5) / columns * (right - left)
    return ((down >= 0) & (down <= height))[:, None] & ((across >= 0) & (across <= width))[None]


def _of_class(spelling: Spelling, detections: Sequence[Detected]) -> Detected:
    of_class = [one for one in detections if one.index == spelling.index]
    if not of_class or spelling.number:
        what = "all of a class is one segment here" if of_class else "no place has this class"
        raise TargetError(f"target {spelling.text!r}: {what}; found: {listed(detections, 'segment')}.")
    return of_class[0]


def _by_number(spelling: Spelling, detections: Sequence[Detected]) -> Detected:
    number = spelling.number or 0
    if number >= len(detections):
        raise TargetError(f"target {spelling.text!r} does not exist; found: {listed(detections, 'segment')}.")
    return detections[number]


def _at_point(spelling: Spelling, x: float, y: float, segments: Sequence[Detected], geometry: Geometry) -> Detected:
    """The segment at a point of the image."""
    shape = mask_of(segments[0]).shape
    row, column = _place(spelling, x, y, (shape[0], shape[1]), geometry)
    return next(one for one in segments if mask_of(one)[row, column])


def _place(spelling: Spelling, x: float, y: float, size: tuple[int, int], geometry: Geometry) -> tuple[int, int]:
    """The row and column of a map where a point of the image lies."""
    check_point(spelling.text, (x, y), geometry)
    across, down = geometry.on_input(x, y)
    return min(int(down * size[0]), size[0] - 1), min(int(across * size[1]), size[1] - 1)


def _box_region(spelling: Spelling, geometry: Geometry) -> Bool[np.ndarray, "height width"]:
    left, top, right, bottom = (round(side) for side in spelling.box or ())
    region = np.zeros(geometry.image_size, bool)
    region[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
    if not region.any():
        raise TargetError(
            f"target {spelling.text!r} lies outside the image of {region.shape[1]} x {region.shape[0]} px."
        )
    return region


def _of_region(
    region: Bool[np.ndarray, "height width"],
    segments: Sequence[Detected],
    shares: Float[Tensor, "label row column"],
    geometry: Geometry,
) -> Detected:
    """The class that most places of a region have, over that region.

    Raises:
        TargetError: the region has another size than the image, or the model saw none of it.
    """
    shape = mask_of(segments[0]).shape
    mask = _checked_places(region, geometry, (shape[0], shape[1]))
    best = max(segments, key=lambda segment: (mask_of(segment) & mask).sum())
    score = float(shares[best.index][torch.from_numpy(mask)].mean())
    return replace(best, score=score, share=float(region.mean()), mask=mask)


def _checked_places(
    region: Bool[np.ndarray, "height width"], geometry: Geometry, size: tuple[int, int]
) -> Bool[np.ndarray, "row column"]:
    if region.shape != geometry.image_size:
        height, width = geometry.image_size
        raise TargetError(
            f"the mask of the target is {region.shape[1]} x {region.shape[0]} px and the image {width} x {height}; "
            "give one of the image's size."
        )
    mask = _on_map(region, geometry, size)
    if not mask.any():
        raise TargetError("the target's region is not seen by the model, or smaller than one place of its output.")
    return mask


def _on_map(
    region: Bool[np.ndarray, "height width"], geometry: Geometry, size: tuple[int, int]
) -> Bool[np.ndarray, "row column"]:
    """A region of the image at the places of a map, by the pixel in the middle of each place."""
    rows, columns = size
    top, left, bottom, right = geometry.box
    down = np.floor(top + (np.arange(rows) + 0.5) / rows * (bottom - top)).astype(int)
    across = np.floor(left + (np.arange(columns) + 0.5) / columns * (right - left)).astype(int)
    height, width = region.shape
    picked = region[np.clip(down, 0, height - 1)[:, None], np.clip(across, 0, width - 1)[None]]
    return picked & seen_places(geometry, size)
