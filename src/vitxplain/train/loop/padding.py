"""Batches of inputs of several sizes: padded to one, or in groups of one size each."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from PIL import Image
from torch import Tensor
from torch.nn.functional import pad

from vitxplain.geometry import Geometry
from vitxplain.models.processors.image_part import ImagePart
from vitxplain.models.processors.processor import Processor
from vitxplain.types import PixelValues

Pixels = Float[Tensor, "_ _ _"]


@dataclass(frozen=True, eq=False)
class Padded:
    """Inputs in one batch, each at the top left, zeros beside it.

    `mask` is 1 on the images; None where none is padded.
    """

    pixel_values: PixelValues
    mask: Int[Tensor, "batch height width"] | None


def parts_of(processor: Processor, images: Sequence[Image.Image]) -> list[ImagePart | None]:
    """The part of its input that each image fills, where the processor says so."""
    return [processor.image_part((image.height, image.width)) for image in images]


def inputs_of(processor: Processor, images: Sequence[Image.Image]) -> tuple[list[Pixels], list[Geometry]]:
    """The input of each image, and where it lies on the image."""
    geometries = [processor.geometry((image.height, image.width)) for image in images]
    if len({image.size for image in images}) == 1:
        return list(processor(images)), geometries
    return [processor([image])[0] for image in images], geometries


def padded(inputs: Sequence[Pixels], parts: Sequence[ImagePart | None] | None = None) -> Padded:
    """All inputs in one batch; `parts` are those that their images fill, where some are padded already."""
    height, width = (max(pixels.shape[axis] for pixels in inputs) for axis in (-2, -1))
    parts = parts or [None] * len(inputs)
    if all(pixels.shape[-2:] == (height, width) for pixels in inputs) and not any(parts):
        return Padded(torch.stack(list(inputs)), None)
    mask = torch.zeros(len(inputs), height, width, dtype=torch.long)
    for number, (pixels, part) in enumerate(zip(inputs, parts, strict=True)):
        rows, columns = (part.rows, part.columns) if part else (pixels.shape[-2], pixels.shape[-1])
        mask[number, :rows, :columns] = 1
    return Padded(torch.stack([_padded(pixels, (height, width), 0.0) for pixels in inputs]), mask)


def padded_maps(maps: Sequence[Int[Tensor, "_ _"]], value: int) -> Int[Tensor, "batch height width"]:
    """Maps in one batch, `value` beside them."""
    size = max(one.shape[0] for one in maps), max(one.shape[1] for one in maps)
    return torch.stack([_padded(one, size, value) for one in maps])


def of_one_size(inputs: Sequence[Pixels]) -> list[list[int]]:
    """Positions of the inputs in groups of one size each."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for position, pixels in enumerate(inputs):
        groups.setdefault(tuple(pixels.shape), []).append(position)
    return list(groups.values())


def _padded(values: Tensor, size: tuple[int, int], value: float) -> Tensor:
    return pad(values, (0, size[1] - values.shape[-1], 0, size[0] - values.shape[-2]), value=value)
