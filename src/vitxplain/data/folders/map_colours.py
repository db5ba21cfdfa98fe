"""Which class a colour of a map stands for: by labelmap.txt, as CVAT writes it, or as Pascal VOC colours numbers."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

import numpy as np
from jaxtyping import Integer, UInt8

from vitxplain.files.documents import read_lines
from vitxplain.files.paths import is_file
from vitxplain.files.reading import reading, shortened

LABEL_MAP: Final = "labelmap.txt"  # name:red,green,blue:parts:actions, a class a line
_LINE: Final = re.compile(r"(?P<name>.+?):(?P<colour>\d{1,3},\d{1,3},\d{1,3})(:.*)?")

Level = TypeVar("Level", int, np.ndarray)
# The number of each colour, as 65536 red + 256 green + blue.
Colours = Mapping[int, int]


def label_map(root: Path) -> dict[str, int]:
    """The colour of each class in the order of labelmap.txt; empty where there is no such file.

    Raises:
        DataError: it cannot be read, has a line of another form, or says something twice.
    """
    file = root / LABEL_MAP
    if not is_file(file):
        return {}
    colours: dict[str, int] = {}
    with reading(file, "a list of classes with colours", "write NAME:RED,GREEN,BLUE in each line"):
        for line in read_lines(file):
            if line.startswith("#"):
                continue
            match = _LINE.fullmatch(line)
            channels = [int(level) for level in match["colour"].split(",")] if match else []
            if match is None or max(channels) > 255:
                raise ValueError(f"the line {shortened(line)!r} is no name and colour")
            name, colour = match["name"].strip(), _code(*channels)
            if name in colours or colour in colours.values():
                raise ValueError(f"the line {shortened(line)!r} has a name or colour for the second time")
            colours[name] = colour
    return colours


def colours_of(root: Path) -> Colours:
    """The number of each colour in the maps of a folder."""
    listed = label_map(root)
    return {colour: number for number, colour in enumerate(listed.values())} if listed else _of_voc()


def numbers_of(channels: UInt8[np.ndarray, "height width 3"], colours: Colours) -> Integer[np.ndarray, "height width"]:
    """The number of each pixel's colour.

    Raises:
        KeyError: a colour stands for none; it is the key.
    """
    codes = _code(*np.moveaxis(channels.astype(np.int64), -1, 0))
    present, inverse = np.unique(codes, return_inverse=True)
    return np.array([colours[code] for code in present.tolist()])[inverse].reshape(codes.shape)


def voc_palette() -> UInt8[np.ndarray, "256 3"]:
    """Pascal VOC's: the bits of a number spread over red, green and blue."""
    numbers, colours = np.arange(256), np.zeros((256, 3), np.uint8)
    for bit in range(8):
        colours[:, bit % 3] |= ((numbers >> bit & 1) << (7 - bit // 3)).astype(np.uint8)
    return colours


@cache
def _of_voc() -> Colours:
    return {_code(*map(int, colour)): number for number, colour in enumerate(voc_palette())}


def _code(red: Level, green: Level, blue: Level) -> Level:
    return (red << 16) + (green << 8) + blue
