"""Processor: from images to pixel_values, and where the pixels came from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Bool, Float
from PIL import Image
from torch import Tensor

from vitxplain.data.bands import Original
from vitxplain.geometry import Geometry
from vitxplain.models.processors.calibration import measure
from vitxplain.models.processors.image_part import ImagePart
from vitxplain.types import PixelValues

ToPixels = Callable[[Sequence[Any]], PixelValues]  # of originals: RGB images, or those of bands
ToMask = Callable[[Image.Image], Bool[Tensor, "height width"] | None]  # whether a pixel shows the image; None: all

KEPT_GEOMETRIES = 10_000  # image sizes whose geometry is remembered: 4 MB; of photographs each may have its own
MEASURED_AT_LEAST = 4  # sizes, before a rule is looked for
# (height, width) by which a rule is tried: flat, tall, smaller than any input, and larger.
TRIED = ((96, 768), (768, 96), (24, 30), (900, 1000))


@dataclass(frozen=True, eq=False)
class Processor:
    """Images (RGB, upright) to one batch of pixel_values, through whatever the model came with.

    `to_pixels` is the library's own processor as a function; `input_size` the (height, width) it makes of a square
    image. A few processors keep an image's proportions: use `groups` where images may differ. `to_mask` is the
    `pixel_mask` of those that give one.
    """

    to_pixels: ToPixels
    input_size: tuple[int, int]
    name: str = "custom"
    library: Any = field(default=None, repr=False)  # the model's own image processor, where it came with one
    to_mask: ToMask | None = field(default=None, repr=False)
    _geometries: dict[tuple[int, int], Geometry] = field(default_factory=dict, repr=False)
    _parts: dict[tuple[int, int], ImagePart | None] = field(default_factory=dict, repr=False)

    @classmethod
    def observed(
        cls, to_pixels: ToPixels, name: str = "custom", library: Any = None, to_mask: ToMask | None = None
    ) -> "Processor":
        """A processor whose input size is found by showing it a plain image."""
        height, width = to_pixels([Image.new("RGB", (256, 256), (128, 128, 128))]).shape[-2:]
        return cls(to_pixels, (height, width), name, library, to_mask)

    @cached_property
    def channels(self) -> int:
        """How many channels it makes, which are those the model takes."""
        return self.to_pixels([Image.new("RGB", (64, 64), (128, 128, 128))]).shape[-3]

    @cached_property
    def keeps_size(self) -> bool:
        """Whether images of all proportions come out at `input_size`."""
        sizes = [tuple(self([Image.new("RGB", shape)]).shape[-2:]) for shape in ((300, 200), (200, 300))]
        return sizes == [self.input_size] * 2

    @cached_property
    def extremes(self) -> tuple[Float[Tensor, "channel 1 1"], Float[Tensor, "channel 1 1"]]:
        """What it makes of plain black and of plain white, which says how it normalises."""
        black, white = (
            self([Image.new("RGB", (64, 64), (level,) * 3)])[0].flatten(1).median(1).values.view(-1, 1, 1)
            for level in (0, 255)
        )
        return black, white

    def __call__(self, images: Sequence[Original]) -> PixelValues:
        return self.to_pixels(images)

    def groups(self, images: Sequence[Original]) -> list[tuple[list[int], PixelValues]]:
        """Batches of one size and image part each, with the positions of their images; mostly one batch.

        Each image goes through alone: what a processor makes of it does not depend on the others.
        """
        single = [self.to_pixels([image]) for image in images]
        groups: dict[Any, list[int]] = {}
        for index, (image, pixels) in enumerate(zip(images, single, strict=True)):
            groups.setdefault((pixels.shape, self.image_part((image.height, image.width))), []).append(index)
        return [(indices, torch.cat([single[index] for index in indices])) for indices in groups.values()]

    def geometry(self, image_size: tuple[int, int]) -> Geometry:
        """Where the model input lies on an image of this (height, width).

        Measured once a size, which takes several calls of the processor. After a few sizes no more is measured of those
        that stretch the whole image to one input size: whether this is one of them is measured on the most different
        sizes.
        """
        if image_size not in self._geometries:
            if len(self._geometries) >= MEASURED_AT_LEAST and self._shows_all:
                return self._whole(image_size)
            if len(self._geometries) >= KEPT_GEOMETRIES:
                self._geometries.clear()
            self._geometries[image_size] = measure(self.to_pixels, image_size)
        return self._geometries[image_size]

    @cached_property
    def _shows_all(self) -> bool:
        measured = (*self._geometries.values(), *(measure(self.to_pixels, size) for size in TRIED))
        return all(geometry == self._whole(geometry.image_size) for geometry in measured)

    def _whole(self, image_size: tuple[int, int]) -> Geometry:
        return Geometry(image_size, self.input_size, (0.0, 0.0, float(image_size[0]), float(image_size[1])))

    def image_part(self, image_size: tuple[int, int]) -> ImagePart | None:
        """The part of the input that an image of this (height, width) fills, where the processor says so by a mask.

        None where it gives no mask, or nothing is padding; found once a size.
        """
        if self.to_mask is None:
            return None
        if image_size not in self._parts:
            if len(self._parts) >= KEPT_GEOMETRIES:
                self._parts.clear()
            mask = self.to_mask(Image.new("RGB", image_size[::-1]))
            self._parts[image_size] = None if mask is None else ImagePart.stated(mask)
        return self._parts[image_size]
