"""Images at another size, with all that is known of where things lie on them."""

from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any, Final

import numpy as np
from jaxtyping import Shaped
from PIL import Image

from vitxplain.data.sample import Box, DataSet, ExactBox, LabelledObject, Sample, Split

KEPT: Final = ("name", "split", "labels", "has_masks", "notes", "strict", "in_order", "object_labels", "map_labels")


@dataclass(frozen=True, eq=False)
class ResizedDataSet(DataSet):
    """The samples of `data` at one size, (height, width) in pixels, whatever their proportions."""

    data: DataSet
    size: tuple[int, int]

    name: str
    split: Split
    labels: tuple[str, ...] = field(repr=False)
    has_masks: bool
    notes: tuple[str, ...]
    strict: bool
    in_order: bool
    object_labels: tuple[str, ...] = field(default=(), repr=False)
    map_labels: tuple[str, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> Sample:
        return resized_sample(self.data[index], self.size)

    def during(self, epoch: int, progress: float) -> DataSet:
        return replace(self, data=self.data.during(epoch, progress))


def resized(data: DataSet, size: tuple[int, int]) -> ResizedDataSet:
    """A set whose images have this (height, width)."""
    fields: dict[str, Any] = {name: getattr(data, name) for name in KEPT}
    return ResizedDataSet(data, size, **fields)


def resized_sample(sample: Sample, size: tuple[int, int]) -> Sample:
    """The image stretched to (height, width), bilinearly, with its mask, boxes, objects and map of classes.

    Masks and maps take the nearest pixel, and so do boxes of whole pixels; exact boxes are stretched exactly. A box
    keeps at least a pixel; the mask of an object that loses its last one is dropped, and its box stays.
    """
    height, width = size
    down, across = height / sample.image.height, width / sample.image.width

    def labelled(thing: LabelledObject) -> LabelledObject:
        left, top, right, bottom = thing.box
        mask = None if thing.mask is None else nearest(thing.mask, size)
        box = ExactBox(left * across, top * down, right * across, bottom * down)
        return replace(thing, box=box, mask=mask if mask is not None and mask.any() else None)

    return replace(
        sample,
        image=sample.image.resize((width, height), Image.Resampling.BILINEAR),
        mask=None if sample.mask is None else nearest(sample.mask, size),
        boxes=None if sample.boxes is None else tuple(_whole_pixels(box, down, across, size) for box in sample.boxes),
        objects=None if sample.objects is None else tuple(map(labelled, sample.objects)),
        class_map=None if sample.class_map is None else nearest(sample.class_map, size),
    )


def nearest(values: Shaped[np.ndarray, "height width"], size: tuple[int, int]) -> Any:
    """A mask or map of classes at this (height, width): each pixel has the value that its middle lies on."""
    rows, columns = (_middles(old, new) for old, new in zip(values.shape, size, strict=True))
    return values[rows[:, None], columns]


def _middles(old: int, new: int) -> Shaped[np.ndarray, " pixel"]:
    """The pixel of `old` ones in a row on which the middle of each of `new` ones lies."""
    return (2 * np.arange(new) + 1) * old // (2 * new)


def _whole_pixels(box: Box, down: float, across: float, size: tuple[int, int]) -> Box:
    """The pixels whose middles lie in the box, or the one next to it."""
    left, right = _pixels(box.left, box.right, across, size[1])
    top, bottom = _pixels(box.top, box.bottom, down, size[0])
    return Box(left, top, right, bottom)


def _pixels(first: int, end: int, scale: float, count: int) -> tuple[int, int]:
    start, stop = ceil(first * scale - 0.5), ceil(end * scale - 0.5)
    start = min(max(start, 0), count - 1)
    return start, min(max(stop, start + 1), count)
