"""Pascal-VOC folders: boxes, and masks where there are any."""

from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from vitxplain.data.folders.disk_images import DiskImages, Item, disk_images
from vitxplain.data.folders.image_folder import class_order
from vitxplain.data.folders.mask_files import MaskFile, mask_values
from vitxplain.data.folders.voc_annotation import VocObject, read_objects
from vitxplain.data.sample import Split
from vitxplain.data.splits.ratio import DEFAULT, Ratio
from vitxplain.errors import DataError
from vitxplain.files.documents import read_lines
from vitxplain.files.paths import is_file
from vitxplain.files.reading import reading, shortened
from vitxplain.files.walk import image_files

LISTS: Final[dict[str, Split]] = {"train": "train", "val": "validation", "test": "test"}


def voc(
    folder: str,
    split: Split = "test",
    seed: int = 0,
    ratio: Ratio = DEFAULT,
    strict: bool = False,
    empty: str = "good",
) -> DiskImages:
    """`JPEGImages/`, `Annotations/*.xml` and, where there, `ImageSets/Main/*.txt` and segmentations.

    The class of an image is that of its largest box; its boxes are all those of that class, and its mask too. `empty`
    is the class of images whose annotation has no object.

    Raises:
        DataError: no annotated images, a broken annotation, or a list that names an image not there.
        ImageError: an image is damaged, and `strict`.
    """
    root = Path(folder)
    files = {str(PurePosixPath(path).with_suffix("")): path for path in image_files(root / "JPEGImages")}
    annotated = {key: root / "Annotations" / f"{key}.xml" for key in files}
    objects = {key: read_objects(file) for key, file in annotated.items() if is_file(file)}
    if not objects:
        raise DataError(f"{folder} has no images in JPEGImages/ with an annotation of their name in Annotations/.")
    splits = _lists(root, files)
    rows, notes = [], []
    words = {
        key: max(image_objects, key=lambda voc_object: voc_object.area).word if image_objects else empty
        for key, image_objects in objects.items()
    }
    labels = class_order(words.values())
    numbers = {label: number for number, label in enumerate(labels)}
    for key, image_objects in objects.items():
        if splits and key not in splits:
            continue
        chosen = [voc_object for voc_object in image_objects if voc_object.word == words[key]]
        item = Item(
            root / "JPEGImages" / files[key],
            files[key],
            numbers[words[key]],
            _mask(root, key, chosen),
            tuple(voc_object.box for voc_object in chosen),
        )
        rows.append((splits.get(key), item))
    if several := sum(len({voc_object.word for voc_object in image_objects}) > 1 for image_objects in objects.values()):
        notes.append(f"{several} images of {folder} hold several classes; the largest box gives the label.")
    if bare := len(files) - len(objects):
        notes.append(f"{bare} images of {folder} have no annotation and are left out.")
    return disk_images(folder, labels, rows, split=split, seed=seed, ratio=ratio, strict=strict, notes=notes)


def _lists(root: Path, files: dict[str, str]) -> dict[str, Split]:
    """The split of each image, from lists of names; `trainval` is what train and val are together."""
    splits: dict[str, Split] = {}
    for word, split in LISTS.items():
        file = root / "ImageSets" / "Main" / f"{word}.txt"
        if not is_file(file):
            continue
        with reading(file, "a list of images", "write the name of one in each line"):
            keys = [line.split()[0] for line in read_lines(file)]
        for key in keys:
            if key not in files:
                raise DataError(f"{file} names {shortened(key)}, but JPEGImages/ has no such image.")
            if splits.setdefault(key, split) != split:
                raise DataError(f"{file} names {key}, which another list has already; an image is in one split only.")
    return splits


def _mask(root: Path, key: str, objects: list[VocObject]) -> MaskFile | None:
    """Pixels of these objects, all of one class.

    SegmentationObject has the objects' numbers in the annotation. What the numbers of SegmentationClass stand for is
    written nowhere, so the one found most within the boxes is taken; 255 are borders that belong to none.
    """
    if not objects:
        return MaskFile()
    if is_file(path := root / "SegmentationObject" / f"{key}.png"):
        return MaskFile(path, tuple(voc_object.number for voc_object in objects))
    if not is_file(path := root / "SegmentationClass" / f"{key}.png"):
        return None
    values, counts = mask_values(path), np.zeros(256, np.int64)
    for _, (left, top, right, bottom), _ in objects:
        counts += np.bincount(values[top:bottom, left:right].ravel(), minlength=256)
    return MaskFile(path, (1 + int(counts[1:255].argmax()),)) if counts[1:255].any() else None
