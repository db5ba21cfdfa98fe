"""One image's annotation in the format of Pascal VOC."""

from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from vitxplain.data.sample import Box
from vitxplain.errors import DataError


class VocObject(NamedTuple):
    """One object: its class, its box, and its number among the objects of the image, from 1."""

    word: str
    box: Box
    number: int

    @property
    def area(self) -> int:
        """Pixels in the box."""
        return (self.box.right - self.box.left) * (self.box.bottom - self.box.top)


def read_objects(file: Path) -> list[VocObject]:
    """The objects of an image, as written.

    Pascal VOC counts pixels from 1, and the last row and column of a box are inside it.

    Raises:
        DataError: it is no such file, or a box has no pixels.
    """
    try:
        elements = ElementTree.parse(file).getroot().findall("object")  # noqa: S314 - expat bounds what entities expand to
        return [_object(file, number, element) for number, element in enumerate(elements, 1)]
    except (OSError, ElementTree.ParseError, ValueError) as error:
        raise DataError(f"the annotation {file} cannot be read ({error}); write it again as Pascal VOC.") from error


def _object(file: Path, number: int, element: ElementTree.Element) -> VocObject:
    left, top, right, bottom = (
        round(float(element.findtext(f"bndbox/{side}", default="missing"))) for side in ("xmin", "ymin", "xmax", "ymax")
    )
    if right < left or bottom < top:
        raise DataError(f"{file}, object {number}: the box {left}, {top}, {right}, {bottom} holds no pixels.")
    word = (element.findtext("name") or "").strip()
    if not word:
        raise DataError(f"{file}, object {number} has no name; write its class there.")
    return VocObject(word, Box(max(0, left - 1), max(0, top - 1), right, bottom), number)
