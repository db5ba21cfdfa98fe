"""Handwritten digits as ink: scans of the digit set, drawn large, turned and bent a little.

The digits are the 8 x 8 scans of the "Optical Recognition of Handwritten Digits" set (E. Alpaydin and C. Kaynak, UCI
Machine Learning Repository, 1998, CC BY 4.0) as scikit-learn distributes them, stored in digits.npz.
"""

from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from vitxplain.data.sample import Split
from vitxplain.data.stable_random import StableRandom
from vitxplain.data.synthetic.textures import Plane, bilinear

COLOURS = {
    "white": (1.0, 1.0, 1.0),
    "yellow": (1.0, 0.92, 0.25),
    "orange": (1.0, 0.66, 0.35),
    "pink": (1.0, 0.62, 0.75),
    "green": (0.45, 0.95, 0.45),
    "cyan": (0.4, 0.92, 0.95),
    "blue": (0.6, 0.75, 1.0),
    "violet": (0.85, 0.65, 1.0),
}
# Of every 18 scans, in the order of the set, which writers and digits run through: 13 to learn, 2 and 3 to test.
PARTS: dict[Split, tuple[int, ...]] = {
    "train": (0, 1, 3, 4, 6, 7, 9, 10, 11, 12, 13, 15, 17),
    "validation": (5, 16),
    "test": (2, 8, 14),
}
Scan = Float[np.ndarray, "8 8"]


def scan(split: Split, digit: int, random: StableRandom) -> Scan:
    """One handwritten digit of the split, ink in [0, 1]."""
    scans = scans_of(split)[digit]
    return scans[random.whole(len(scans))] / 16


def scrap(split: Split, random: StableRandom) -> Scan:
    """A corner cut from a digit, in the middle of nothing: ink that is no digit."""
    piece = np.zeros((8, 8))
    row, column = random.whole(4), random.whole(4)
    whole = scan(split, random.whole(10), random)
    piece[2:6, 2:6] = whole[row : row + 4, column : column + 4]
    return piece


def drawn(
    glyph: Scan, size: tuple[int, int], side: float, centre: tuple[float, float], random: StableRandom, bend: float
) -> Plane:
    """How much ink lies on each pixel, [0, 1], the scan being `side` pixels wide, and turned and bent as `bend` says.

    Args:
        glyph: the scan.
        size: (height, width) of the picture in pixels.
        side: of the scan, in pixels.
        centre: (row, column) of its middle, in pixels.
        random: how far it is turned and bent.
        bend: 0 for not at all, 1 for up to 14 degrees and a seventh.
    """
    # A turn by the angle 2 atan(t) needs no sine, whose last digit differs from machine to machine.
    t, shear, stretch = (random.between(-a, a) * bend for a in (0.12, 0.15, 0.12))
    cosine, sine = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    y = (np.arange(size[0])[:, None] + 0.5 - centre[0]) * (8 / side)
    x = (np.arange(size[1])[None, :] + 0.5 - centre[1]) * (8 / side)
    rows = (cosine * y - sine * x) * (1 + stretch)
    columns = (sine * y + cosine * x) * (1 - stretch) + shear * rows
    value = bilinear(np.pad(glyph, 2), rows + 5.5, columns + 5.5)
    sharp = side / 8  # edges one pixel wide; thin strokes of the scans reach 0.4
    return np.clip((value - 0.4) * sharp + 0.5, 0, 1)


@cache
def scans_of(split: Split) -> list[UInt8[np.ndarray, "scan 8 8"]]:
    """The scans of the split, by digit."""
    with np.load(Path(__file__).with_name("digits.npz")) as stored:
        scans, digits = stored["scans"], stored["labels"]
    here = np.isin(np.arange(len(scans)) % 18, PARTS[split])
    return [scans[here & (digits == digit)] for digit in range(10)]
