"""Colour of 16 bits, of which Pillow keeps the upper 8: where a file uses few of them, that is nearly black."""

import sys
from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import numpy as np
from PIL import Image, ImageOps

from vitxplain.data.value_range import to_eight_bits
from vitxplain.errors import ImageError
from vitxplain.files.pictures import open_picture

_MODES: Final = ("RGB", "RGBX", "RGBA")
_OTHER_BYTE: Final = {  # Pillow's names of byte orders: the other one takes the byte that it leaves out
    ";16B": ";16L",
    ";16L": ";16B",
    ";16N": ";16B" if sys.byteorder == "little" else ";16L",
}
_ARGUMENTS: Final = 3  # the place of a decoder's arguments in a tile, a plain tuple before Pillow 11
_SHARE_USED: Final = 64  # of 256 levels: an image that reaches them uses more than 14 bits


def is_deep_colour(image: Image.Image) -> bool:
    """Whether an image that was opened and not decoded yet has colours of 16 bits."""
    tiles = getattr(image, "tile", None)
    return image.mode in _MODES and bool(tiles) and all(_raw_mode(tile)[-4:] in _OTHER_BYTE for tile in tiles or ())


def full_depth(image: Image.Image, opened: Callable[[], Image.Image], name: str) -> Image.Image:
    """The decoded image, upright, its colours scaled by the bits that they use (`white_level`).

    Args:
        image: decoded; `is_deep_colour` before that.
        opened: opens it again.
        name: the image in messages.
    """
    upright = ImageOps.exif_transpose(image)
    upper = np.asarray(upright)
    colours = upper.shape[-1] - (upright.mode == "RGBA")
    if int(upper[..., :colours].max()) >= _SHARE_USED:
        return upright
    levels = to_eight_bits(deep_values(image, opened, name)[..., :colours], name)
    return Image.fromarray(np.concatenate([levels, upper[..., colours:]], -1))


def deep_values(image: Image.Image, opened: Callable[[], Image.Image], name: str) -> np.ndarray:
    """All channels of the decoded image, upright, in 16 bits (height, width, channel); arguments as `full_depth`.

    Raises:
        ImageError: grey and a second channel, of which Pillow gives the upper 8 bits alone.
    """
    upper = np.asarray(ImageOps.exif_transpose(image))
    with opened() as again:
        file: Any = again
        if any(_raw_mode(tile).startswith("LA") for tile in file.tile):
            raise ImageError(
                f"{name} is grey with a second channel, in 16 bits of which only the upper 8 can be read, which say "
                "little here; save it as a TIFF file, or its grey alone."
            )
        file.tile = [_with_other_byte(tile) for tile in file.tile]
        again.load()
        lower = np.asarray(ImageOps.exif_transpose(again))
    return upper * np.uint16(256) + lower


def reopened(image: Image.Image) -> Callable[[], Image.Image] | None:
    """What opens the file of an image again that was opened and not decoded yet; None where it cannot be."""
    file: Any = getattr(image, "fp", None)
    if file is None or not is_deep_colour(image):
        return None
    position = file.tell()
    file.seek(0)
    content = file.read()
    file.seek(position)
    return lambda: open_picture(BytesIO(content))


def _raw_mode(tile: Any) -> str:
    """How the pixels of a part of a file lie in it, as Pillow says it."""
    arguments = tile[_ARGUMENTS]
    first = arguments[0] if isinstance(arguments, tuple) else arguments
    return first if isinstance(first, str) else ""


def _with_other_byte(tile: Any) -> Any:
    raw, arguments = _raw_mode(tile), tile[_ARGUMENTS]
    other = raw[:-4] + _OTHER_BYTE[raw[-4:]]
    parts = (*tile[:_ARGUMENTS], (other, *arguments[1:]) if isinstance(arguments, tuple) else other)
    return parts if type(tile) is tuple else tile._make(parts)
