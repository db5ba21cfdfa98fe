"""Colour of 16 bits, of which Pillow keeps the upper 8: where a file uses few of them, that is nearly black."""

import sys
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from PIL import Image, ImageOps

from vitxplain.data.value_range import to_eight_bits

_MODES: Final = ("RGB", "RGBX", "RGBA")
_OTHER_BYTE: Final = {  # Pillow's names of byte orders: the other one takes the byte that it leaves out
    ";16B": ";16L",
    ";16L": ";16B",
    ";16N": ";16B" if sys.byteorder == "little" else ";16L",
}
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
    if int(upper[..., :3].max()) >= _SHARE_USED:
        return upright
    with opened() as again:
        file: Any = again
        file.tile = [_with_other_byte(tile) for tile in file.tile]
        again.load()
        lower = np.asarray(ImageOps.exif_transpose(again))
    levels = to_eight_bits(upper[..., :3] * np.uint16(256) + lower[..., :3], name)
    alpha = upper[..., 3:] if upright.mode == "RGBA" else upper[..., 3:3]
    return Image.fromarray(np.concatenate([levels, alpha], -1))


def _raw_mode(tile: Any) -> str:
    """How the pixels of a part of a file lie in it, as Pillow says it."""
    arguments = tile.args[0] if isinstance(tile.args, tuple) else tile.args
    return arguments if isinstance(arguments, str) else ""


def _with_other_byte(tile: Any) -> Any:
    raw = _raw_mode(tile)
    other = raw[:-4] + _OTHER_BYTE[raw[-4:]]
    return tile._replace(args=(other, *tile.args[1:]) if isinstance(tile.args, tuple) else other)
