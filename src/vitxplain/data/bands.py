"""Images of any number of bands: what satellites, microscopes and scanners record beside red, green and blue."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from jaxtyping import Float
from PIL import Image

from vitxplain.errors import OptionError

Bands: TypeAlias = str | int | Sequence[int | str]

LOWEST, HIGHEST = 2, 98  # percentiles of a band that are drawn black and white


@dataclass(frozen=True, eq=False)
class BandImage:
    """An image as its bands; `white` is the value that stands for white in each of them, as 255 does in 8 bits.

    `stretched`: pictures show each band from its own darkest to its own brightest, for values that mean no brightness
    or hardly use their range. `filename` is where it came from.
    """

    values: Float[np.ndarray, "height width band"] | np.ndarray = field(repr=False)
    white: float = 1.0
    stretched: bool = True
    filename: str = ""

    @property
    def height(self) -> int:
        return self.values.shape[0]

    @property
    def width(self) -> int:
        return self.values.shape[1]

    @property
    def count(self) -> int:
        """How many bands."""
        return self.values.shape[2]

    def band(self, index: int) -> Float[np.ndarray, "height width"]:
        """One band, counted from 0, as shares of white."""
        return self.values[..., index].astype(np.float32) / np.float32(self.white)

    def picture(self, bands: Bands | None = None) -> Image.Image:
        """Three bands as red, green and blue, or one in grey; by default those of `shown_bands`.

        Raises:
            OptionError: bands that are not there.
        """
        levels = [self._levels(number - 1) for number in shown_bands(self.count, bands)]
        return Image.fromarray(np.stack(levels * (3 // len(levels)), -1))

    def _levels(self, index: int) -> np.ndarray:
        band = self.band(index)
        if self.stretched:
            low, high = np.percentile(band, (LOWEST, HIGHEST))
            if high <= low:  # a small thing on an empty ground
                low, high = float(band.min()), float(band.max())
            band = (band - low) / max(high - low, 1e-12)
        return (band.clip(0, 1) * 255).round().astype(np.uint8)


Original: TypeAlias = Image.Image | BandImage  # what a processor makes pixels of


def shown_bands(count: int, bands: Bands | None = None) -> tuple[int, ...]:
    """The numbers, from 1, of the one or three bands of an image that a picture shows.

    Without a word from the user the first three, or the first where there are only one or two.

    Args:
        count: how many bands the image has.
        bands: as typed: "4,3,2", (4, 3, 2) or 4.

    Raises:
        OptionError: no such band, or another number of them than one or three.
    """
    if bands is None:
        return (1, 2, 3) if count >= 3 else (1,)
    words = bands.split(",") if isinstance(bands, str) else bands if isinstance(bands, Sequence) else [bands]
    try:
        numbers = tuple(int(word) for word in words)
    except (TypeError, ValueError):
        numbers = ()
    if len(numbers) not in (1, 3) or not all(1 <= number <= count for number in numbers):
        raise OptionError(
            f"bands={bands!r} are no bands of this image; name one, or three for red, green and blue, such as 3,2,1: "
            f"it has {count}, counted from 1."
        )
    return numbers
