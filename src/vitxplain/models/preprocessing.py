"""Processor: from images to pixel_values, and where the pixels came from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL.Image import Image

from vitxplain.geometry import Geometry
from vitxplain.types import PixelValues


@dataclass(frozen=True, eq=False)
class Processor:
    """Images (RGB, upright) to one batch of pixel_values, through whatever the model came with.

    `to_pixels` is the library's own processor as a function; `input_size` the (height, width) it makes.
    """

    to_pixels: Callable[[Sequence[Image]], PixelValues]
    input_size: tuple[int, int]
    name: str = "custom"

    def __call__(self, images: Sequence[Image]) -> PixelValues:
        return self.to_pixels(images)

    def geometry(self, image_size: tuple[int, int]) -> Geometry:
        """Where the model input lies on an image of this (height, width)."""
        raise NotImplementedError
