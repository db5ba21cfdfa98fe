"""8 bits of the square root, with a peak a row: attention in a quarter of its bytes, small weights kept apart."""

from typing import Final

import numpy as np

LEVELS: Final = 255


def quantised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows (last axis) of numbers from 0 as uint8, and the peak of each row, float32.

    A value is `(byte / 255) ** 2 * peak`. Steps are fine where values are small, so the absolute error is at most
    `peak / 255`, and near zero far less. A row of zeros has the peak 0.
    """
    values = np.asarray(values, np.float32)
    peaks = np.asarray(values.max(-1))
    shares = np.divide(values, peaks[..., None], out=np.zeros_like(values), where=peaks[..., None] > 0)
    np.sqrt(shares, out=shares)
    shares *= LEVELS
    return np.rint(shares, out=shares).astype(np.uint8), peaks


def dequantised(levels: np.ndarray, peaks: np.ndarray) -> np.ndarray:
    """The values, float32, of what `quantised` made."""
    shares = levels.astype(np.float32)
    shares /= LEVELS
    shares *= shares
    shares *= peaks[..., None]
    return shares
