"""Geometry: where the pixels the model saw lie on the original image."""

from dataclasses import asdict, dataclass
from math import floor
from typing import Any, Final, TypeAlias

LONGEST: Final = 2**20  # pixels of a side of an image

Box: TypeAlias = tuple[float, float, float, float]  # left, top, right, bottom, in pixels of an image


@dataclass(frozen=True)
class Geometry:
    """The model input shows the box (top, left, bottom, right) of the original image, in its pixels.

    A box inside the image is a crop; one that reaches beyond it means the processor padded.
    """

    image_size: tuple[int, int]  # (height, width) of the original image
    input_size: tuple[int, int]  # (height, width) of pixel_values
    box: tuple[float, float, float, float]

    @classmethod
    def identity(cls, size: tuple[int, int]) -> "Geometry":
        """The input is the image, pixel for pixel."""
        return cls(size, size, (0.0, 0.0, float(size[0]), float(size[1])))

    @property
    def visible(self) -> tuple[int, int, int, int]:
        """The part of the original image the model saw, in whole pixels: (top, left, bottom, right)."""
        height, width = self.image_size
        top, left, bottom, right = (floor(edge + 0.5) for edge in self.box)
        return max(top, 0), max(left, 0), min(bottom, height), min(right, width)

    @property
    def crops(self) -> bool:
        """Whether some of the original image was never seen."""
        return self.visible != (0, 0, *self.image_size)

    def top_left(self, height: float, width: float) -> "Geometry":
        """The same for the first rows and columns of the input: a rest smaller than a patch is seen by no token."""
        (rows, columns), (top, left, bottom, right) = self.input_size, self.box
        box = (top, left, top + (bottom - top) * height / rows, left + (right - left) * width / columns)
        return Geometry(self.image_size, (round(height), round(width)), box)

    def on_image(self, box: Box) -> Box:
        """A box given in shares of the input's width and height, in pixels of the original image and within it."""
        top, left, bottom, right = self.box
        height, width = self.image_size
        across = [min(max(left + share * (right - left), 0.0), float(width)) for share in (box[0], box[2])]
        down = [min(max(top + share * (bottom - top), 0.0), float(height)) for share in (box[1], box[3])]
        return across[0], down[0], across[1], down[1]

    def on_input(self, x: float, y: float) -> tuple[float, float]:
        """A point of the original image in shares of the input's width and height; outside 0 to 1 it was not seen."""
        top, left, bottom, right = self.box
        return (x - left) / (right - left), (y - top) / (bottom - top)

    def to_dict(self) -> dict[str, Any]:
        return {name: list(value) for name, value in asdict(self).items()}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "Geometry":
        """What `to_dict` wrote.

        Raises:
            ValueError: a size is none of an image, or the box shows nothing of the image.
            TypeError, LookupError, AttributeError: the fields are others.
        """
        geometry = cls(**{name: tuple(value) for name, value in fields.items()})
        for name in ("image_size", "input_size"):
            size = getattr(geometry, name)
            if len(size) != 2 or not all(type(side) is int and 1 <= side <= LONGEST for side in size):
                raise ValueError(f"its {name} is {_short(size)}, and not (height, width) in pixels")
        box = geometry.box
        if len(box) != 4 or not all(isinstance(edge, int | float) and abs(edge) <= LONGEST for edge in box):
            raise ValueError(f"its box is {_short(box)}, and not (top, left, bottom, right) in pixels")
        top, left, bottom, right = geometry.visible
        if top >= bottom or left >= right:
            raise ValueError(f"its box {_short(box)} shows nothing of the image")
        return geometry


def _short(values: tuple[Any, ...]) -> str:
    return f"{values!r:.80}"
