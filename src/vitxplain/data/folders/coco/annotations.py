"""A file of annotations in the format of COCO: images, categories, and one entry for each object."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from vitxplain.data.folders.coco.regions import FARTHEST, Polygons, Runs, is_side, region, round_box
from vitxplain.data.folders.stored_objects import left_out
from vitxplain.data.sample import ExactBox
from vitxplain.errors import DataError
from vitxplain.files.documents import read_object
from vitxplain.files.reading import reading, shortened

MOST_BYTES: Final = 2**30  # COCO's own largest file has 450 MB
MOST_LETTERS: Final = 1000  # of a name or a path
Id: TypeAlias = int | str


@dataclass(frozen=True, eq=False)
class CocoObject:
    """One entry: the name of its category, its box, and its pixels where they are known."""

    name: str
    box: ExactBox
    pixels: Polygons | Runs | None = field(repr=False)
    crowd: bool


@dataclass(frozen=True, eq=False)
class CocoImage:
    """One image: its path as written, its (height, width) where stated, its objects, and where the file has it."""

    file_name: str
    size: tuple[int, int] | None
    objects: list[CocoObject]
    where: str


@dataclass(frozen=True, eq=False)
class CocoFile:
    """What a file says: names by rising number of the category, images, and what was left out, as sentences."""

    names: tuple[str, ...]
    images: Sequence[CocoImage]
    notes: tuple[str, ...]


def read_coco(file: Path) -> CocoFile:
    """The annotations of a file.

    Entries whose box holds no pixels and entries of images that are not listed are left out, and counted in a note.

    Raises:
        DataError: it is no such file, or an entry of it cannot be used; file and entry are named.
    """
    with reading(file, "a file of annotations as COCO has them", "write it again"):
        content = read_object(file, MOST_BYTES)
        images, entries, kinds = (_entries(file, content, key) for key in ("images", "annotations", "categories"))
        names = _names(file, kinds)
        by_id = _images(file, images)
        empty, orphans = [], []
        for number, entry in enumerate(entries, 1):
            where = f"{file}, annotation {number}" + (f" (id {shortened(entry['id'])})" if "id" in entry else "")
            if (image := by_id.get(_id(entry, "image_id", where))) is None:
                orphans.append(where)
            elif (found_object := _object(entry, names, image.size, where)) is None:
                empty.append(where)
            else:
                image.objects.append(found_object)
    notes = left_out("annotation", empty, "whose box holds no pixels")
    notes += left_out("annotation", orphans, "of images the file does not list")
    ordered = tuple(dict.fromkeys(names[key] for key in sorted(names, key=lambda key: (isinstance(key, str), key))))
    return CocoFile(ordered, list(by_id.values()), tuple(notes))


def _entries(file: Path, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
    entries = content.get(key)
    if not isinstance(entries, list):
        raise DataError(f"{file} has no list {key!r}; COCO's format has images, annotations and categories.")
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            raise DataError(f"{file}, entry {number} of {key} is {shortened(entry)}, no object with names.")
    return entries


def _names(file: Path, kinds: Sequence[dict[str, Any]]) -> dict[Id, str]:
    """Names of categories by their numbers; several may have one name."""
    names: dict[Id, str] = {}
    for number, entry in enumerate(kinds, 1):
        where = f"{file}, category {number}"
        key, name = _id(entry, "id", where), _text(entry, "name", where)
        if names.setdefault(key, name) != name:
            raise DataError(f"{where} has the id {key}, as {names[key]} has; give each category its own.")
    if not names:
        raise DataError(f"{file} has no categories; write one for each kind of object.")
    return names


def _images(file: Path, images: Sequence[dict[str, Any]]) -> dict[Id, CocoImage]:
    by_id: dict[Id, CocoImage] = {}
    for number, entry in enumerate(images, 1):
        where = f"{file}, image {number}"
        key = _id(entry, "id", where)
        if key in by_id:
            raise DataError(f"{where} has the id {shortened(key)}, as an image before it has; give each its own.")
        sides: tuple[Any, Any] = entry.get("height"), entry.get("width")
        if sides != (None, None) and not all(map(is_side, sides)):
            raise DataError(f"{where}: height and width are {shortened(sides)}; write pixels, or neither.")
        size = None if sides == (None, None) else (int(sides[0]), int(sides[1]))
        by_id[key] = CocoImage(_text(entry, "file_name", where), size, [], where)
    return by_id


def _object(entry: dict[str, Any], names: dict[Id, str], size: tuple[int, int] | None, where: str) -> CocoObject | None:
    """The object, or None for one whose box holds no pixels."""
    category = _id(entry, "category_id", where)
    if category not in names:
        raise DataError(f"{where}: category_id {shortened(category)} is none of the categories.")
    crowd = entry.get("iscrowd") or 0
    if crowd not in (0, 1):
        raise DataError(f"{where}: iscrowd is {shortened(crowd)}; write 0 or 1.")
    pixels = region(entry.get("segmentation"), size, where)
    box = _box(entry.get("bbox"), pixels, where)
    filled = box.right > box.left and box.bottom > box.top
    return CocoObject(names[category], box, pixels, bool(crowd)) if filled else None


def _box(value: Any, pixels: Polygons | Runs | None, where: str) -> ExactBox:
    """From left, top, width, height; or, where these are not written, round the pixels."""
    if value is None or value == []:
        if isinstance(pixels, Polygons):
            return ExactBox(*round_box(pixels.parts))
        if isinstance(pixels, Runs):
            return ExactBox(*pixels.box())
        raise DataError(f"{where} has neither a bbox nor a segmentation; write bbox as left, top, width, height.")
    if (
        not isinstance(value, list)
        or len(value) != 4
        or not all(type(number) in (int, float) and abs(number) <= FARTHEST for number in value)
    ):
        raise DataError(f"{where}: bbox is {shortened(value)}; write four numbers: left, top, width, height.")
    left, top, width, height = map(float, value)
    return ExactBox(left, top, left + width, top + height)


def _id(entry: dict[str, Any], key: str, where: str) -> Id:
    value = entry.get(key)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise DataError(f"{where}: {key} is {shortened(value)}; write a number or a text.")
    return value


def _text(entry: dict[str, Any], key: str, where: str) -> str:
    value = entry.get(key)
    text = str(value).strip() if type(value) in (str, int, float) else ""
    if not text or len(text) > MOST_LETTERS:
        shown = f"a text of {len(text):,} letters" if text else shortened(value)
        raise DataError(f"{where}: {key} is {shown}; write a text of 1 to {MOST_LETTERS:,} letters.")
    return text
