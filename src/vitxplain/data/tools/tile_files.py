"""Tiles on disk, laid out as the folder they were cut from."""

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

from PIL import Image

from vitxplain.data.folders.masked_folder import DEFECT, GOOD, IMAGES, MASKS
from vitxplain.data.folders.voc_annotation import VocObject
from vitxplain.data.folders.voc_lists import LISTS
from vitxplain.data.folders.voc_segments import Segments
from vitxplain.data.sample import Mask
from vitxplain.data.tools.contents import Contents, StoredImage
from vitxplain.errors import DataError
from vitxplain.escape import utf8
from vitxplain.files.paths import exists


def write_masked(
    where: Path, contents: Contents, stored: StoredImage, stem: str, image: Image.Image, mask: Mask
) -> tuple[str, str]:
    """`[SPLIT/]images/[CLASS/]TILE.png`, and its mask alike; the tile's class and path.

    Raises:
        DataError: two images would give tiles of one name.
    """
    name = PurePosixPath(stored.item.name)
    folders = list(name.parent.parts)
    folders.remove(IMAGES)
    del folders[: stored.split is not None]  # a split stands before classes
    if set(contents.labels) == {GOOD, DEFECT} and not folders:
        word, classes = DEFECT if mask.any() else GOOD, ""
    else:
        word = contents.labels[stored.item.label] if mask.any() else GOOD
        classes = word
    tile = f"{'-'.join([*folders, stem])}.png"
    paths = [PurePosixPath(stored.split or "", kind, classes, tile) for kind in (IMAGES, MASKS)]
    for path, picture in zip(paths, (image, Image.fromarray(mask).convert("L")), strict=True):
        _save(where / path, picture, name)
    return word, str(paths[0])


def write_voc(
    where: Path,
    stored: StoredImage,
    stem: str,
    image: Image.Image,
    objects: Sequence[VocObject],
    segments: Segments,
) -> tuple[str, str]:
    """`JPEGImages/TILE.png`, `Annotations/TILE.xml` and segmentations; the tile's class, of its largest box, and path.

    Raises:
        DataError: two images would give tiles of one name.
    """
    name = PurePosixPath(stored.item.name)
    tile = "-".join([*name.parent.parts, stem])
    path = PurePosixPath("JPEGImages", f"{tile}.png")
    _save(where / path, image, name)
    root = ElementTree.Element("annotation")
    ElementTree.SubElement(root, "filename").text = path.name
    _numbers(ElementTree.SubElement(root, "size"), width=image.width, height=image.height, depth=3)
    for voc_object in objects:
        box, element = voc_object.box, ElementTree.SubElement(root, "object")
        ElementTree.SubElement(element, "name").text = voc_object.word
        if voc_object.difficult:
            ElementTree.SubElement(element, "difficult").text = "1"
        # VOC counts pixels from 1, and the last ones are inside.
        sides = {"xmin": box.left + 1, "ymin": box.top + 1, "xmax": box.right, "ymax": box.bottom}
        _numbers(ElementTree.SubElement(element, "bndbox"), **sides)
    ElementTree.indent(root)
    file = where / "Annotations" / f"{tile}.xml"
    file.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(file, encoding="utf-8")
    segments.write(where, tile)
    return max(objects, key=lambda voc_object: voc_object.area).word if objects else GOOD, str(path)


def write_lists(where: Path, rows: Iterable[tuple[str, str]]) -> None:
    """`ImageSets/Main/*.txt` from paths and splits, if there are splits."""
    for word, split in LISTS.items():
        names = [PurePosixPath(path).stem for path, kind in rows if kind == split]
        if names:
            file = where / "ImageSets" / "Main" / f"{word}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(utf8("".join(f"{name}\n" for name in names)))


def _save(file: Path, picture: Image.Image, source: PurePosixPath) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if exists(file):
        raise DataError(f"two images would give tiles called {file.name}; the second is {source}: rename it.")
    picture.save(file)


def _numbers(parent: ElementTree.Element, **values: int) -> None:
    for word, value in values.items():
        ElementTree.SubElement(parent, word).text = str(value)
