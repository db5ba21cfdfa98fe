"""Pascal-VOC folders: boxes, and masks where there are any."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Literal

import numpy as np

from vitxplain.data.folders.disk_images import DiskImages, Item, disk_images
from vitxplain.data.folders.image_folder import class_order
from vitxplain.data.folders.mask_files import MaskFile, mask_values
from vitxplain.data.folders.stored_objects import StoredObject, left_out
from vitxplain.data.folders.voc_annotation import VocObject, read_annotation
from vitxplain.data.folders.voc_lists import read_lists
from vitxplain.data.folders.voc_maps import class_maps
from vitxplain.data.folders.voc_segments import BORDER
from vitxplain.data.sample import ExactBox, Split
from vitxplain.data.splits.ratio import DEFAULT, Ratio
from vitxplain.errors import DataError
from vitxplain.files.paths import is_file
from vitxplain.files.walk import image_files


def voc(
    folder: str,
    split: Split = "test",
    seed: int = 0,
    ratio: Ratio = DEFAULT,
    strict: bool = False,
    empty: str = "good",
    lists: Literal["Main", "Segmentation"] = "Main",
) -> DiskImages:
    """`JPEGImages/`, `Annotations/*.xml` and, where there, `ImageSets/Main/*.txt` and segmentations.

    The class of an image is that of its largest box; its boxes are all those of that class, and its mask too; its
    objects are all there are whose box holds a pixel. `empty` is the class of images whose annotation has no object;
    `lists` says which lists give the splits.

    Raises:
        DataError: no annotated images, a broken annotation, or a list that names an image not there.
        ImageError: an image is damaged, and `strict`.
    """
    root = Path(folder)
    files = {str(PurePosixPath(path).with_suffix("")): path for path in image_files(root / "JPEGImages")}
    annotated = {key: root / "Annotations" / f"{key}.xml" for key in files}
    annotations = {key: read_annotation(file) for key, file in annotated.items() if is_file(file)}
    objects = {key: annotation.objects for key, annotation in annotations.items()}
    if not objects:
        raise DataError(f"{folder} has no images in JPEGImages/ with an annotation of their name in Annotations/.")
    splits = read_lists(root, files, lists, "JPEGImages")
    empty_boxes = [where for annotation in annotations.values() for where in annotation.empty]
    rows, notes = [], left_out("object", empty_boxes, "whose box holds no pixels")
    words = {
        key: max(image_objects, key=lambda voc_object: voc_object.area).word if image_objects else empty
        for key, image_objects in objects.items()
    }
    labels = class_order(words.values())
    numbers = {label: number for number, label in enumerate(labels)}
    names = class_order(voc_object.word for image_objects in objects.values() for voc_object in image_objects)
    map_labels, maps = class_maps(root, objects, names)
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
            objects=tuple(_stored(root, key, voc_object, names) for voc_object in image_objects),
            class_map=maps.get(key),
        )
        rows.append((splits.get(key), item))
    if several := sum(len({voc_object.word for voc_object in image_objects}) > 1 for image_objects in objects.values()):
        notes.append(f"{several} images of {folder} hold several classes; the largest box gives the label.")
    if bare := len(files) - len(objects):
        notes.append(f"{bare} images of {folder} have no annotation and are left out.")
    return disk_images(
        folder,
        labels,
        rows,
        split=split,
        seed=seed,
        ratio=ratio,
        strict=strict,
        notes=notes,
        object_labels=names,
        map_labels=map_labels if maps else (),
    )


def _stored(root: Path, key: str, voc_object: VocObject, names: Sequence[str]) -> StoredObject:
    """One object of an image, of any class."""
    file = root / "SegmentationObject" / f"{key}.png"
    pixels = MaskFile(file, (voc_object.number,)) if is_file(file) and voc_object.number < BORDER else None
    box = ExactBox(*map(float, voc_object.box))
    return StoredObject(names.index(voc_object.word), voc_object.word, box, pixels, voc_object.difficult)


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
    for left, top, right, bottom in (voc_object.box for voc_object in objects):
        counts += np.bincount(values[top:bottom, left:right].ravel(), minlength=256)
    return MaskFile(path, (1 + int(counts[1:255].argmax()),)) if counts[1:255].any() else None
