"""What is true of an image, on the input that a processor makes of it: boxes in shares, classes of pixels."""

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from vitxplain.data.sample import UNLABELLED, ClassMap, LabelledObject, Sample
from vitxplain.errors import DataError
from vitxplain.geometry import Geometry


def boxes_on_input(sample: Sample, geometry: Geometry) -> tuple[Int[Tensor, " object"], Float[Tensor, "object 4"]]:
    """Class and box (centre x, centre y, width, height, in shares of the input) of each object that is to be learnt.

    Boxes are cut at the edges of the input. An object of which it shows nothing is left out, as is one without an area.
    """
    labels, boxes = [], []
    for labelled, (left, top, right, bottom) in _learnt(sample, geometry):
        labels.append(labelled.label)
        boxes.append(((left + right) / 2, (top + bottom) / 2, right - left, bottom - top))
    return torch.tensor(labels, dtype=torch.long), torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)


def masks_on_input(sample: Sample, geometry: Geometry) -> UInt8[Tensor, "object height width"]:
    """1 on what shows of each object that `boxes_on_input` has, in the same order.

    Raises:
        DataError: one is known by its box alone.
    """
    masks = [torch.zeros(0, *geometry.input_size, dtype=torch.uint8)]
    for labelled, _ in _learnt(sample, geometry):
        if labelled.mask is None:
            raise DataError(
                f"the model learns the outlines of objects, and {sample.name} has one without a mask; give data with "
                "masks, or a detector that finds boxes alone."
            )
        masks.append((map_on_input(labelled.mask.astype(np.int16), geometry) == 1)[None].to(torch.uint8))
    return torch.cat(masks)


def _learnt(sample: Sample, geometry: Geometry) -> Iterator[tuple[LabelledObject, tuple[float, float, float, float]]]:
    """Objects with the edges of their boxes on the input, in shares."""
    for labelled in sample.objects or ():
        left, top = geometry.on_input(labelled.box.left, labelled.box.top)
        right, bottom = geometry.on_input(labelled.box.right, labelled.box.bottom)
        left, top, right, bottom = (min(max(edge, 0.0), 1.0) for edge in (left, top, right, bottom))
        if not labelled.ignore and right > left and bottom > top:
            yield labelled, (left, top, right, bottom)


def map_on_input(class_map: ClassMap, geometry: Geometry) -> Int[Tensor, "_ _"]:
    """The class of each pixel of the input: that of the image's pixel under its middle; UNLABELLED beside the image."""
    top, left, bottom, right = geometry.box
    rows, row_inside = _places(top, bottom, geometry.input_size[0], class_map.shape[0])
    columns, column_inside = _places(left, right, geometry.input_size[1], class_map.shape[1])
    classes = class_map[rows][:, columns].astype(np.int64)
    classes[~(row_inside[:, None] & column_inside)] = UNLABELLED
    return torch.from_numpy(classes)


def boxes_round(masks: Float[Tensor, "object height width"], rows: int, columns: int) -> Float[Tensor, "object 4"]:
    """Round each mask, none of which is empty: centre x, centre y, width, height in shares of so many pixels."""
    across, down = (_span(masks.amax(axis) > 0) / size for axis, size in ((1, columns), (2, rows)))
    low, high = (torch.stack([across[:, end], down[:, end]], 1) for end in (0, 1))
    return torch.cat([(low + high) / 2, high - low], 1)


def _span(shown: Bool[Tensor, "object place"]) -> Float[Tensor, "object 2"]:
    """The first place and the one after the last."""
    first, last = shown.float().argmax(1), shown.flip(1).float().argmax(1)
    return torch.stack([first, shown.shape[1] - last], 1).float()


def _places(start: float, end: float, length: int, pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """The image's row (or column) under each of the input, and whether it is on the image at all."""
    places = np.floor(start + (np.arange(length) + 0.5) * (end - start) / length).astype(np.intp)
    return places.clip(0, pixels - 1), (places >= 0) & (places < pixels)
