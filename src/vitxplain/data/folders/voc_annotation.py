"""One image's annotation in the format of Pascal VOC."""

import math
from pathlib import Path
from typing import Final, NamedTuple
from xml.etree import ElementTree

from vitxplain.data.sample import Box
from vitxplain.errors import DataError
from vitxplain.files.opening import read_bytes
from vitxplain.files.reading import reading, shortened

MOST_BYTES: Final = 16 * 2**20  # of one image's annotation
MOST_PIXELS: Final = 2**31  # along a side of any image
MOST_LETTERS: Final = 1000  # in the name of a class


class VocObject(NamedTuple):
    """One object: its class, its box, and its number among the objects of the image, from 1."""

    word: str
    box: Box
    number: int
    difficult: bool = False  # marked as such: not to be found

    @property
    def area(self) -> int:
        """Pixels in the box."""
        return (self.box.right - self.box.left) * (self.box.bottom - self.box.top)


class VocAnnotation(NamedTuple):
    """The objects of an image, and where those are written whose box holds no pixels, which are left out."""

    objects: list[VocObject]
    empty: list[str]


def read_annotation(file: Path) -> VocAnnotation:
    """The objects of an image, as written.

    Pascal VOC counts pixels from 1, and the last row and column of a box are inside it.

    Raises:
        DataError: it is no such file.
    """
    with reading(file, "an annotation of Pascal VOC", "write it again"):
        elements = ElementTree.fromstring(read_bytes(file, MOST_BYTES)).findall("object")  # noqa: S314 - bounded by expat
        written = {number: _object(file, number, element) for number, element in enumerate(elements, 1)}
    objects = [voc_object for voc_object in written.values() if voc_object is not None]
    return VocAnnotation(objects, [f"{file}, object {number}" for number in written if written[number] is None])


def _object(file: Path, number: int, element: ElementTree.Element) -> VocObject | None:
    """The object, or None for one whose box holds no pixels."""
    left, top, right, bottom = (_side(element, number, side) for side in ("xmin", "ymin", "xmax", "ymax"))
    word = (element.findtext("name") or "").strip()
    if not word:
        raise DataError(f"{file}, object {number} has no name; write its class there.")
    if len(word) > MOST_LETTERS:
        raise DataError(f"{file}, object {number} has a name of {len(word):,} letters; {MOST_LETTERS:,} are plenty.")
    if right < left or bottom < top or right < 1 or bottom < 1:
        return None
    difficult = (element.findtext("difficult") or "").strip() == "1"
    return VocObject(word, Box(max(0, left - 1), max(0, top - 1), right, bottom), number, difficult)


def _side(element: ElementTree.Element, number: int, side: str) -> int:
    """The place of a side of the box, in pixels."""
    text = element.findtext(f"bndbox/{side}")
    if text is None:
        raise ValueError(f"object {number} has no bndbox/{side}")
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= MOST_PIXELS:  # not a number, or beyond any image
        raise ValueError(f"{side} of object {number} is {shortened(text)}, which is no place on an image")
    return round(value)
