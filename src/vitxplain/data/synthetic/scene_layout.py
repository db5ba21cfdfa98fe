"""Where the digits and scraps of a scene lie: none beyond the border, none hidden by those drawn later."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from vitxplain.data.sample import Split
from vitxplain.data.stable_random import StableRandom
from vitxplain.data.synthetic.glyphs import COLOURS, Scan, drawn, scan, scrap
from vitxplain.data.synthetic.textures import Plane

TRIES = 40  # places looked at for each; a scene that is full stays as it is
HIDDEN = 0.15  # the share of a digit that others may cover
FEW = 6  # digits that find room at their full size
SMALLEST = 12.0  # pixels a scan is wide
ROOM = 1.3  # of the scan's side: bent strokes reach beyond it
Coverage = Bool[np.ndarray, "height width"]


@dataclass(frozen=True, eq=False)
class Stroke:
    """Ink of one colour in a window of the scene whose top left pixel is (top, left); `digit` is None for a scrap."""

    digit: int | None
    colour: str
    ink: Plane
    top: int
    left: int

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns of the scene."""
        rows, columns = self.ink.shape
        return slice(self.top, self.top + rows), slice(self.left, self.left + columns)

    def covered(self, size: tuple[int, int]) -> Coverage:
        """True where it covers most of a pixel, in a scene of this (height, width)."""
        whole = np.zeros(size, bool)
        whole[self.window] = self.ink >= 0.5
        return whole


@dataclass(frozen=True)
class Layout:
    """How a scene of the split is laid out: of this (height, width), with this hardness in [0, 1]."""

    split: Split
    size: tuple[int, int]
    hardness: float
    most: int  # digits there may be; of many, each is smaller

    def digits(self, random: StableRandom, count: int, first: int) -> list[Stroke]:
        """As many as find room, in the order they are drawn; at least one, which is a `first`."""
        strokes: list[Stroke] = []
        whole: list[Coverage] = []  # of each digit, were it alone
        visible: list[Coverage] = []
        for number in range(count):
            digit = first if number == 0 else random.whole(10)
            ink = self._ink(random, scan(self.split, digit, random), self._side(random))
            colour = random.pick(tuple(COLOURS))
            for top, left in self._places(random, ink):
                stroke = Stroke(digit, colour, ink, top, left)
                cover = stroke.covered(self.size)
                if any(
                    other.colour == colour and (cover & area).any() for other, area in zip(strokes, whole, strict=True)
                ):
                    continue  # who could tell which is in front?
                left_over = [other & ~cover for other in visible]
                if all(
                    after.sum() >= (1 - HIDDEN * self.hardness) * before.sum()
                    for before, after in zip(whole, left_over, strict=True)
                ):
                    whole.append(cover)
                    visible = [*left_over, cover]
                    strokes.append(stroke)
                    break
        return strokes

    def scraps(self, random: StableRandom, count: int, digits: Sequence[Stroke]) -> list[Stroke]:
        """Corners cut from digits, that touch none of the digits."""
        taken = np.zeros(self.size, bool)
        for stroke in digits:
            taken[stroke.window] |= stroke.ink > 0
        strokes = []
        for _ in range(count):
            ink = self._ink(random, scrap(self.split, random), self._side(random))
            colour = random.pick(tuple(COLOURS))
            for top, left in self._places(random, ink):
                stroke = Stroke(None, colour, ink, top, left)
                if not (taken[stroke.window] & (ink > 0)).any():
                    taken[stroke.window] |= ink > 0
                    strokes.append(stroke)
                    break
        return strokes

    def _side(self, random: StableRandom) -> float:
        """Of a scan, in pixels; the harder, the smaller."""
        share = random.between(0.38 - 0.1 * self.hardness, 0.5 - 0.06 * self.hardness)
        return max(SMALLEST, min(self.size) * share * math.sqrt(min(1.0, FEW / self.most)))

    def _ink(self, random: StableRandom, glyph: Scan, side: float) -> Plane:
        """The ink, without what is empty round it."""
        room = int(ROOM * side) + 2
        ink = drawn(glyph, (room, room), side, (room / 2, room / 2), random, self.hardness)
        rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
        if not rows.size:  # a corner without strokes
            return ink[:1, :1]
        return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

    def _places(self, random: StableRandom, ink: Plane) -> list[tuple[int, int]]:
        """Places of a window of the ink's size, as (top, left)."""
        down, right = (max(0, most - side) + 1 for most, side in zip(self.size, ink.shape, strict=True))
        return [(random.whole(down), random.whole(right)) for _ in range(TRIES)]
