"""The pixels of an object as COCO writes them: polygons, or lengths of runs down the columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from jaxtyping import Float, Int

from vitxplain.data.sample import Mask
from vitxplain.errors import DataError
from vitxplain.files.reading import shortened

FARTHEST: Final = 2**31  # pixels; no corner lies farther from the image
MOST_CROSSINGS: Final = 2**20  # of edges with rows of pixels, in memory at a time

Corners = Float[np.ndarray, "corner 2"]  # (x, y)


@dataclass(frozen=True, eq=False)
class Polygons:
    """The pixels whose middle lies in one of the polygons."""

    parts: tuple[Corners, ...] = field(repr=False)

    def read(self, size: tuple[int, int]) -> Mask:
        mask = np.zeros(size, bool)
        for corners in self.parts:
            mask |= filled(corners, size)
        return mask


@dataclass(frozen=True, eq=False)
class Runs:
    """Pixels outside and inside by turns, counted down each column; of an image of this (height, width)."""

    size: tuple[int, int]
    lengths: Int[np.ndarray, " run"] = field(repr=False)
    where: str  # file and entry

    def read(self, size: tuple[int, int]) -> Mask:
        if size != self.size:
            own, image = (" x ".join(map(str, sides)) for sides in (self.size, size))
            raise DataError(f"{self.where}: the mask is of {own} px (height x width), its image {image} px.")
        turns = np.arange(len(self.lengths)) % 2 == 1
        return np.repeat(turns, self.lengths).reshape(size, order="F")

    def box(self) -> tuple[float, float, float, float]:
        """Round the pixels inside: left, top, right, bottom; all 0 where there are none."""
        ends = np.cumsum(self.lengths)[1::2]
        lengths = self.lengths[1::2]
        first, last = (ends - lengths)[lengths > 0], ends[lengths > 0] - 1
        if not len(first):
            return 0.0, 0.0, 0.0, 0.0
        height = self.size[0]
        one_column = first // height == last // height
        top = np.where(one_column, first % height, 0).min()
        bottom = np.where(one_column, last % height, height - 1).max() + 1
        return float(first[0] // height), float(top), float(last[-1] // height + 1), float(bottom)


def filled(corners: Corners, size: tuple[int, int]) -> Mask:
    """True where the middle of a pixel lies within the polygon; what it winds round twice is outside."""
    height, width = size
    x, y = corners.T
    next_x, next_y = np.roll(x, -1), np.roll(y, -1)
    first, last = (np.clip(np.ceil(side - 0.5), 0, height).astype(np.intp) for side in np.sort([y, next_y], axis=0))
    flips = np.zeros((height, width + 1), bool)  # where a row goes in or out
    step = max(1, MOST_CROSSINGS // max(1, height))
    for start in range(0, len(x), step):
        rows_of = (last - first)[start : start + step]
        edge = np.repeat(np.arange(start, start + len(rows_of)), rows_of)
        row = np.arange(len(edge)) - np.repeat(np.cumsum(rows_of) - rows_of, rows_of) + first[edge]
        across = x[edge] + (row + 0.5 - y[edge]) * (next_x - x)[edge] / (next_y - y)[edge]
        np.logical_xor.at(flips, (row, np.clip(np.ceil(across - 0.5), 0, width).astype(np.intp)), True)
    return np.logical_xor.accumulate(flips, axis=1)[:, :width]


def region(value: Any, size: tuple[int, int] | None, where: str) -> Polygons | Runs | None:
    """What `segmentation` says; None where it says nothing.

    Args:
        value: a list of polygons, each of numbers x, y, x, y, ..., or an object with `size` and `counts`.
        size: (height, width) of the image, where the file has it.
        where: file and entry, for errors.

    Raises:
        DataError: it is neither.
    """
    if isinstance(value, dict):
        return _runs(value, size, where)
    if value is None or value == []:
        return None
    if not isinstance(value, list):
        raise DataError(f"{where}: its segmentation is {shortened(value)}, neither polygons nor runs of pixels.")
    parts = [value] if not isinstance(value[0], list) else value  # one polygon without a list round it
    corners = [_corners(part, where) for part in parts]
    real = tuple(part for part in corners if len(part) >= 3)
    return Polygons(real) if real else None


def is_side(value: Any) -> bool:
    """Whether it is a side of an image, in pixels."""
    return type(value) in (int, float) and 0 < value <= FARTHEST and value == int(value)


def _corners(part: Any, where: str) -> Corners:
    numbers = part if isinstance(part, list) else None
    if numbers is None or not all(type(number) in (int, float) for number in numbers):
        raise DataError(f"{where}: a polygon is {shortened(part)}; write it as numbers x, y, x, y, ...")
    if len(numbers) % 2:
        raise DataError(f"{where}: a polygon has {len(numbers)} numbers; write two, x and y, for each corner.")
    if not all(abs(number) <= FARTHEST for number in numbers):  # nor is it a number at all
        raise DataError(f"{where}: a corner of a polygon is no place on an image.")
    return np.array(numbers, np.float64).reshape(-1, 2)


def _runs(value: dict[str, Any], size: tuple[int, int] | None, where: str) -> Runs:
    sides, counts = value.get("size"), value.get("counts")
    if not isinstance(sides, list) or len(sides) != 2 or not all(map(is_side, sides)):
        raise DataError(f"{where}: the size of its runs is {shortened(sides)}; write [height, width].")
    height, width = map(int, sides)
    if size is not None and size != (height, width):
        raise DataError(
            f"{where}: its runs are of {height} x {width} px (height x width), its image of {size[0]} x {size[1]} px."
        )
    lengths = unpacked(counts, where) if isinstance(counts, str) else counts
    if not isinstance(lengths, list) or not all(type(length) is int and length >= 0 for length in lengths):
        raise DataError(f"{where}: the counts of its runs are {shortened(counts)}; write whole numbers from 0.")
    if (total := sum(lengths)) != height * width:
        raise DataError(f"{where}: its runs cover {total:,} pixels, its size {height * width:,}.")
    return Runs((height, width), np.array(lengths, np.int64), where)


def unpacked(text: str, where: str) -> list[int]:
    """Lengths of runs from COCO's short form: five bits a letter, least first, each but the first three a difference.

    Raises:
        DataError: it is cut short or has other letters.
    """
    lengths: list[int] = []
    value = shift = 0
    for letter in text:
        bits = ord(letter) - 48
        if not 0 <= bits < 64 or shift > 60:
            raise DataError(f"{where}: the counts of its runs are no packed numbers ({shortened(text)}).")
        value |= (bits & 31) << shift
        shift += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << shift
        lengths.append(value + lengths[-2] if len(lengths) > 2 else value)
        value = shift = 0
    if shift:
        raise DataError(f"{where}: the counts of its runs are cut short.")
    return lengths


def round_box(parts: Sequence[Corners]) -> tuple[float, float, float, float]:
    """The box round polygons: left, top, right, bottom."""
    corners = np.concatenate(parts)
    (left, top), (right, bottom) = corners.min(0).tolist(), corners.max(0).tolist()
    return left, top, right, bottom
