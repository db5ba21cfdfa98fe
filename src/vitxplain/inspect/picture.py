"""The picture of a record: any image as the bytes of a JPEG or PNG of at most 1,024 pixels a side."""

from dataclasses import dataclass, field
from io import BytesIO
from os import PathLike
from typing import Any, Final

import numpy as np
from PIL import Image, ImageOps

from vitxplain.errors import ImageError
from vitxplain.files.paths import user_path
from vitxplain.files.pictures import open_picture
from vitxplain.files.reading import reading

LONGEST_SIDE: Final = 1024
SMALL: Final = 96 * 96  # pixels up to which nothing is lost to a JPEG
MEDIA: Final = ("image/jpeg", "image/png")
NO_PICTURE: Final = "no picture was given"
STRETCHED: Final = "its values are no colours from 0 to 1 or 255; each is stretched from the lowest to the highest"


@dataclass(frozen=True, eq=False)
class Picture:
    """The bytes, the size they decode to, and what is to be said of them."""

    content: bytes = field(repr=False)
    media: str
    width: int
    height: int
    said: str = ""

    @property
    def extent(self) -> tuple[float, float]:
        """(height, width) in pixels."""
        return float(self.height), float(self.width)

    def to_facts(self) -> dict[str, Any]:
        return {"width": self.width, "height": self.height, "media": self.media, "said": self.said}


def as_picture(image: Any, grid: tuple[int, int] | None = None) -> Picture:
    """The picture of a path, a PIL image or an array (height, width[, 1 | 3 | 4]); of nothing a grey one for the grid.

    Raises:
        ImageError: it is none of these, or cannot be read.
    """
    if image is None:
        rows, columns = grid or (1, 1)
        longest = max(rows, columns)
        return encoded(Image.new("RGB", (512 * columns // longest, 512 * rows // longest), (128, 128, 128)), NO_PICTURE)
    if isinstance(image, Image.Image):
        return encoded(_upright(image))
    if isinstance(image, str | PathLike):
        path = user_path(image)
        advice = "give another one, or an array (height, width, channels)"
        with reading(path, "a picture", advice, ImageError), open_picture(path) as opened:
            return encoded(_upright(opened))
    array, said = _eight_bits(np.asarray(image))
    return encoded(Image.fromarray(array), said)


def encoded(image: Image.Image, said: str = "") -> Picture:
    """The picture, made smaller where it is large."""
    image = image.convert("RGB")
    if max(image.size) > LONGEST_SIDE:
        image.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    lossless = image.width * image.height <= SMALL
    if lossless:
        image.save(buffer, "PNG", optimize=True)
    else:
        image.save(buffer, "JPEG", quality=90)
    return Picture(buffer.getvalue(), MEDIA[lossless], image.width, image.height, said)


def _upright(image: Image.Image) -> Image.Image:
    return ImageOps.exif_transpose(image).convert("RGB")


def _eight_bits(array: np.ndarray) -> tuple[np.ndarray, str]:
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or channels not in (1, 3, 4) or 0 in array.shape or array.dtype.kind not in "biuf":
        raise ImageError(
            f"an array of {array.dtype} and shape {array.shape} is no picture; give (height, width) or (height, width, "
            "channels) with 1, 3 or 4 channels, of whole numbers to 255 or numbers from 0 to 1. Of channels first "
            "make array.transpose(1, 2, 0)."
        )
    array = array.reshape(*array.shape[:2], channels)[..., :3]
    said = ""
    if array.dtype != np.uint8:
        array = array.astype(np.float32)
        if not np.isfinite(array).all():
            raise ImageError("the picture holds NaN or infinity; look at how it was made.")
        low, high = float(array.min()), float(array.max())
        if low >= 0 and high <= 1:
            array = array * 255
        elif low < 0 or high > 255:
            array, said = (array - low) / max(high - low, 1e-12) * 255, STRETCHED
        array = np.rint(array).astype(np.uint8)
    return np.ascontiguousarray(np.repeat(array, 3, 2) if channels == 1 else array), said
