"""Processor: from images to pixel_values, and where the pixels came from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any

import torch
from PIL import Image

from vitxplain.data.bands import Original
from vitxplain.geometry import Geometry
from vitxplain.models.processors.calibration import measure
from vitxplain.types import PixelValues

ToPixels = Callable[[Sequence[Any]], PixelValues]  # of originals: RGB images, or those of bands

KEPT_GEOMETRIES = 256  # image sizes whose geometry is remembered


@dataclass(frozen=True, eq=False)
class Processor:
    """Images (RGB, upright) to one batch of pixel_values, through whatever the model came with.

    `to_pixels` is the library's own processor as a function; `input_size` the (height, width) it makes of a square
    image. A few processors keep an image's proportions: use `groups` where images may differ.
    """

    to_pixels: ToPixels
    input_size: tuple[int, int]
    name: str = "custom"
    library: Any = field(default=None, repr=False)  # the model's own image processor, where it came with one
    _geometries: dict[tuple[int, int], Geometry] = field(default_factory=dict, repr=False)

    @classmethod
    def observed(cls, to_pixels: ToPixels, name: str = "custom", library: Any = None) -> "Processor":
        """A processor whose input size is found by showing it a plain image."""
        height, width = to_pixels([Image.new("RGB", (256, 256), (128, 128, 128))]).shape[-2:]
        return cls(to_pixels, (height, width), name, library)

    @cached_property
    def channels(self) -> int:
        """How many channels it makes, which are those the model takes."""
        return self.to_pixels([Image.new("RGB", (64, 64), (128, 128, 128))]).shape[-3]

    def __call__(self, images: Sequence[Original]) -> PixelValues:
        return self.to_pixels(images)

    def groups(self, images: Sequence[Original]) -> list[tuple[list[int], PixelValues]]:
        """Batches of one size each, with the positions of their images; one batch for nearly every processor."""
        single = [self.to_pixels([image]) for image in images]
        order = sorted(range(len(images)), key=lambda index: single[index].shape)
        return [
            (indices, torch.cat([single[index] for index in indices]))
            for _, group in groupby(order, key=lambda index: single[index].shape)
            for indices in [list(group)]
        ]

    def geometry(self, image_size: tuple[int, int]) -> Geometry:
        """Where the model input lies on an image of this (height, width); measured once a size."""
        if image_size not in self._geometries:
            if len(self._geometries) >= KEPT_GEOMETRIES:
                self._geometries.clear()
            self._geometries[image_size] = measure(self.to_pixels, image_size)
        return self._geometries[image_size]
