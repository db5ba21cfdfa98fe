"""Samples mirrored, cropped or turned, their objects and class maps along with the image."""

from collections.abc import Callable
from dataclasses import replace
from math import cos, radians, sin
from typing import Any, Final

import numpy as np
from jaxtyping import Float
from PIL import Image, ImageOps

from vitxplain.data.sample import UNLABELLED, Box, ClassMap, ExactBox, LabelledObject, Mask, Sample

LEFT_OVER: Final = 0.1  # an object of whose box less than this share stays on the image is no longer labelled

Points = Float[np.ndarray, "point 2"]  # x, y in pixels of an image


def mirrored(sample: Sample) -> Sample:
    """Left and right exchanged."""
    width = sample.image.width
    return _moved(
        sample,
        ImageOps.mirror(sample.image),
        lambda points: np.stack([width - points[:, 0], points[:, 1]], 1),
        lambda image: ImageOps.mirror(image),
    )


def cropped(sample: Sample, box: tuple[float, float, float, float]) -> Sample:
    """The part within a box (left, top, right, bottom), stretched to the size of the whole."""
    left, top, right, bottom = box
    size = sample.image.size
    scale = np.array([size[0] / (right - left), size[1] / (bottom - top)])
    return _moved(
        sample,
        sample.image.resize(size, Image.Resampling.BICUBIC, box=box),
        lambda points: (points - [left, top]) * scale,
        lambda image: image.resize(size, Image.Resampling.NEAREST, box=box),
    )


def turned(sample: Sample, angle: float, shift: tuple[int, int], fill: Any) -> Sample:
    """Turned around its middle by `angle` degrees, left over right, then shifted right and down; `fill` comes in."""
    centre = np.array(sample.image.size) / 2
    cosine, sine = cos(radians(angle)), sin(radians(angle))
    matrix = np.array([[cosine, -sine], [sine, cosine]])  # of rows (x, y), y pointing down
    return _moved(
        sample,
        sample.image.rotate(angle, Image.Resampling.BICUBIC, translate=shift, fillcolor=fill),
        lambda points: (points - centre) @ matrix + centre + shift,
        lambda image: image.rotate(angle, Image.Resampling.NEAREST, translate=shift, fillcolor=UNLABELLED),
        upright=False,
    )


def _moved(
    sample: Sample,
    image: Image.Image,
    move: Callable[[Points], Points],
    move_map: Callable[[Image.Image], Image.Image],
    *,
    upright: bool = True,
) -> Sample:
    """The sample with another image, on which points have moved; mask and boxes of its one class are dropped.

    `upright`: boxes stay boxes, and move exactly.
    """
    objects = sample.objects and tuple(
        replace(labelled, box=box, mask=None)
        for labelled in sample.objects
        if (box := _moved_box(labelled, move, image.size, upright=upright))
    )
    class_map = None if sample.class_map is None else _moved_map(sample.class_map, move_map)
    return replace(sample, image=image, mask=None, boxes=None, objects=objects, class_map=class_map)


def _moved_map(class_map: ClassMap, move: Callable[[Image.Image], Image.Image]) -> ClassMap:
    return np.asarray(move(Image.fromarray(class_map.astype(np.int32)))).astype(np.int16)


def _moved_box(
    labelled: LabelledObject, move: Callable[[Points], Points], size: tuple[int, int], *, upright: bool
) -> ExactBox | None:
    """Its box on the moved image, cut at the edges; None where hardly anything is left of it.

    What is turned or cut has the box of its mask, where there is one.
    """
    whole = _bounds(move(_corners(labelled.box)))
    box = _cut(whole, size)
    if _area(box) < LEFT_OVER * _area(whole):
        return None
    if labelled.mask is not None and (not upright or box != whole):
        points = move(_pixels(labelled.mask))
        inside = ((points > 0) & (points < size)).all(1)
        if not inside.any():
            return None
        half = np.abs(move(np.array([[0.5, 0.5]])) - move(np.array([[0.0, 0.0]])))[
            0
        ]  # from a pixel's middle to its edge
        low, high = points[inside].min(0) - half, points[inside].max(0) + half
        tight = ExactBox(*low.tolist(), *high.tolist())
        box = ExactBox(*map(max, box[:2], tight[:2]), *map(min, box[2:], tight[2:]))
    return box if _area(box) > 0 else None


def _corners(box: ExactBox) -> Points:
    return np.array([(x, y) for x in (box.left, box.right) for y in (box.top, box.bottom)], np.float64)


def _pixels(mask: Mask) -> Points:
    """The middle of each pixel on the object."""
    rows, columns = np.nonzero(mask)
    return np.stack([columns, rows], 1) + 0.5


def _bounds(points: Points) -> ExactBox:
    return ExactBox(*points.min(0).tolist(), *points.max(0).tolist())


def _cut(box: ExactBox, size: tuple[int, int]) -> ExactBox:
    width, height = size
    return ExactBox(max(box.left, 0.0), max(box.top, 0.0), min(box.right, float(width)), min(box.bottom, float(height)))


def _area(box: ExactBox | Box) -> float:
    return max(box.right - box.left, 0.0) * max(box.bottom - box.top, 0.0)
