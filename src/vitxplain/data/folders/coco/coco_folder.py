"""Folders with annotations in the format of COCO: boxes, polygons and runs of pixels."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vitxplain.data.folders.coco.annotations import CocoImage, CocoObject, read_coco
from vitxplain.data.folders.coco.image_paths import ImagePaths, below, image_paths, split_in
from vitxplain.data.folders.coco.regions import Runs
from vitxplain.data.folders.disk_images import DiskImages, Item, disk_images
from vitxplain.data.folders.stored_objects import StoredObject
from vitxplain.data.sample import Split
from vitxplain.data.splits.ratio import DEFAULT, Ratio
from vitxplain.data.splits.stored import split_of
from vitxplain.errors import DataError
from vitxplain.files.opening import open_file
from vitxplain.files.paths import is_file
from vitxplain.files.walk import files_in, folders_in, image_files

FOLDERS: Final = ("annotations", "annotation")  # beside split folders
SAMPLE: Final = 8192  # bytes that tell what a JSON file holds
LISTS: Final = re.compile(rb'"(images|annotations|categories)"\s*:\s*\[')
EMPTY: Final = "none"


def coco_folder(
    folder: str,
    split: Split = "test",
    seed: int = 0,
    ratio: Ratio = DEFAULT,
    strict: bool = False,
    empty: str = EMPTY,
) -> DiskImages:
    """`annotations/instances_train2017.json` with `train2017/`, `train/_annotations.coco.json`, or one file for all.

    Files of annotations lie in the folder, in `annotations/` or in split folders; the split is told by the name of the
    file or its folder. Images lie anywhere below the folder. The class of an image is that of its largest object that
    is no crowd; its boxes and its mask are all those of that class. `empty` is the class of images without objects.

    Raises:
        DataError: a file of annotations cannot be used, an image is in two of them, or none is there.
        ImageError: an image is damaged or missing, and `strict`.
    """
    root = Path(folder)
    paths = image_paths(image_files(root))
    files = {path: read_coco(root / path) for path in coco_files(root)}
    names = tuple(dict.fromkeys(name for content in files.values() for name in content.names))
    numbers = {name: number for number, name in enumerate(names)}
    bare = any(not image.objects for content in files.values() for image in content.images)
    labels = [*names, *([empty] if bare and empty not in numbers else [])]
    rows: list[tuple[Split | None, Item]] = []
    places: dict[str, str] = {}
    for path, content in files.items():
        kind = _split(path)
        for image in content.images:
            item = _item(root, path, image, paths, numbers, labels.index(empty) if not image.objects else 0, kind)
            before = places.setdefault(item.name, image.where) if is_file(item.path) else image.where
            if before != image.where:
                raise DataError(f"{image.where} is {item.name}, as {before} is; list each image once.")
            rows.append((kind, item))
    notes = [note for content in files.values() for note in content.notes]
    return disk_images(
        folder, labels, rows, split=split, seed=seed, ratio=ratio, strict=strict, notes=notes, object_labels=names
    )


def coco_files(root: Path) -> list[str]:
    """Files of annotations below a folder: those of instances where there are such, else all that look like COCO's."""
    inside = ["", *(name for name in folders_in(root) if name in FOLDERS or split_of(name))]
    paths = [
        f"{folder}/{name}" if folder else name
        for folder in inside
        for name in files_in(root / folder)
        if name.lower().endswith(".json")
    ]
    fitting = [path for path in paths if _looks_like_coco(root / path)]
    instances = [path for path in fitting if "instances" in path.rpartition("/")[2].lower()]
    return instances or fitting


def _looks_like_coco(file: Path) -> bool:
    """By its name, so that a damaged one is said to be damaged, or by how it begins."""
    name = file.name.lower()
    if name.startswith("instances") or ".coco." in name:
        return True
    try:
        with open_file(file) as opened:
            start = opened.read(SAMPLE)
    except OSError:
        return False
    return start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and LISTS.search(start) is not None


def _split(path: str) -> Split | None:
    """Told by a folder of the path, else by the name of the file."""
    *folders, file = path.split("/")
    return next((split for word in folders if (split := split_of(word))), None) or split_in(file)


def _item(
    root: Path, path: str, image: CocoImage, paths: ImagePaths, numbers: dict[str, int], bare: int, kind: Split | None
) -> Item:
    home = path.rpartition("/")[0]
    name = paths.find(image.file_name, home, kind, image.where)
    name = name or below(image.file_name)  # missing, as is said when it is read
    objects = tuple(
        StoredObject(numbers[entry.name], entry.name, entry.box, entry.pixels, entry.crowd) for entry in image.objects
    )
    largest = max(image.objects, key=_prominence, default=None)
    boxes = tuple(entry.box.pixels() for entry in objects if largest and entry.name == largest.name)
    return Item(
        root / name,
        name,
        numbers[largest.name] if largest else bare,
        boxes=boxes,
        objects=objects,
        size=image.size or _size_of_runs(image.objects),
    )


def _prominence(entry: CocoObject) -> tuple[bool, float]:
    left, top, right, bottom = entry.box
    return not entry.crowd, (right - left) * (bottom - top)


def _size_of_runs(objects: Sequence[CocoObject]) -> tuple[int, int] | None:
    return next((entry.pixels.size for entry in objects if isinstance(entry.pixels, Runs)), None)
