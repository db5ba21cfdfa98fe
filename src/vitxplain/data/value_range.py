"""Which number stands for white: read off what an image holds, said where it is no more than likely, else refused."""

import warnings
from typing import Final

import numpy as np

from vitxplain.errors import ImageError

DEPTHS: Final = (10, 12, 14, 16)  # bits that cameras, microscopes and scanners write into 16-bit files


def white_level(values: np.ndarray, name: str) -> float:
    """The value that stands for white; black is 0.

    8-bit values          255, whatever they are
    wider whole numbers   the highest value of the fewest bits (10, 12, 14 or 16) that hold them all; 8 bits likewise,
                          unless all are equal, which tells nothing; said by a warning where it is not 16
    floating point        1 for values in [0, 1], 255 for whole numbers up to it

    Args:
        values: of one image, any shape.
        name: the image in messages.

    Raises:
        ImageError: values below 0, not finite, or of a range that could mean anything.
    """
    if values.dtype == bool:
        return 1.0
    if values.dtype == np.uint8:
        return 255.0
    if values.dtype.kind not in "iuf":
        raise ImageError(f"{name} holds {values.dtype} values, not numbers of brightness; give whole or real numbers.")
    low, high = (float(value) for value in (values.min(), values.max()))
    if not np.isfinite([low, high]).all():
        raise ImageError(f"{name} holds values that are NaN or infinite; fill them first, such as with np.nan_to_num.")
    if low < 0:
        raise ImageError(
            f"{name} holds values from {low:g} to {high:g}; an image has none below 0. Scale them to [0, 1] first, or "
            "give what is normalised already as a float torch tensor (channels, height, width)."
        )
    return _of_real(values, high, name) if values.dtype.kind == "f" else _of_whole(values, low, high, name)


def to_eight_bits(values: np.ndarray, name: str) -> np.ndarray:
    """The values as uint8, 255 for white; as they are where they are that already.

    Raises:
        ImageError: as `white_level`.
    """
    if values.dtype == np.uint8:
        return values
    white = white_level(values, name)
    return (values.astype(np.float64) * (255 / white)).round().clip(0, 255).astype(np.uint8)


def _of_whole(values: np.ndarray, low: float, high: float, name: str) -> float:
    if high >= 2 ** DEPTHS[-1]:
        raise ImageError(
            f"{name} holds whole numbers up to {high:g}, more than 16 bits do; scale them to [0, 1] or to 0..255 first."
        )
    if high < 2**8 and values.dtype.itemsize > 2:  # numbers as NumPy makes them, no file's
        return 255.0
    bits = next(bits for bits in (8, *DEPTHS) if high < 2**bits)
    if bits == 8 and low == high:  # a dark image of 16 bits, or one of 8: nothing is to be seen either way
        bits = 16
    if bits < 16:
        warnings.warn(
            f"values of a 16-bit image use {bits} bits of it, so {2**bits - 1} is taken for white; where that is "
            "wrong, give values in [0, 1]",
            stacklevel=2,
        )
    return float(2**bits - 1)


def _of_real(values: np.ndarray, high: float, name: str) -> float:
    if high <= 1:
        return 1.0
    if 1 < high <= 255 and bool((values == np.floor(values)).all()):
        return 255.0
    raise ImageError(
        f"{name} holds values up to {high:g}, neither within [0, 1] nor whole numbers up to 255, so what stands for "
        "white is not known; divide by it (255, 4095, 10000, ...) to have values in [0, 1], or give uint8."
    )
