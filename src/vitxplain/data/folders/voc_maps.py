"""The class of each pixel of a Pascal-VOC folder, from its segmentations."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from vitxplain.data.folders.class_maps import ClassMapFile, class_names, class_numbers
from vitxplain.data.folders.map_colours import LABEL_MAP, colours_of
from vitxplain.data.folders.voc_annotation import VocObject
from vitxplain.data.folders.voc_segments import BORDER, CLASSES, OBJECTS
from vitxplain.data.sample import UNLABELLED
from vitxplain.files.paths import is_file

BACKGROUND: Final = "background"
# What the numbers of SegmentationClass stand for in Pascal VOC itself, from 1.
VOC_CLASSES: Final = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog"),
    *("horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)


def class_maps(
    root: Path, objects: Mapping[str, Sequence[VocObject]], names: Sequence[str]
) -> tuple[list[str], dict[str, ClassMapFile]]:
    """Names of the classes, and the map of each image that has one, by the image's key.

    SegmentationObject has the numbers of objects, whose class is in the annotation. What the numbers of
    SegmentationClass stand for is written nowhere: it is taken as in classes.txt (or CVAT's labelmap.txt) or as in
    Pascal VOC itself, if then every object has pixels of its class in its box. Where there are maps, images without
    objects are background.

    Args:
        root: the folder.
        objects: of each image, by its key.
        names: the classes of objects.

    Raises:
        ImageError: a segmentation of classes alone is damaged.
    """
    by_class = {key for key in objects if is_file(root / CLASSES / f"{key}.png")}
    by_object = {key for key in objects if is_file(root / OBJECTS / f"{key}.png")}
    if is_file(root / LABEL_MAP):  # says what the colours of classes are, while those of objects count by no annotation
        by_object -= by_class
    by_class -= by_object
    colours = colours_of(root)
    with_objects = {key: objects[key] for key in sorted(by_class) if objects[key]}
    listed = _meaning(root, with_objects, names) if with_objects else []
    labels = listed or [BACKGROUND, *names]
    maps = {}
    for key in by_object:
        if all(voc_object.word in labels for voc_object in objects[key]):
            places = {voc_object.number: labels.index(voc_object.word) for voc_object in objects[key]}
            maps[key] = ClassMapFile(root / OBJECTS / f"{key}.png", {0: 0, **places, BORDER: UNLABELLED})
    for key in by_class if listed else ():
        places = {number: number for number in range(len(listed)) if number != BORDER}
        maps[key] = ClassMapFile(root / CLASSES / f"{key}.png", places, colours)
    if any(objects[key] for key in maps):
        blank = ClassMapFile(None, {})
        return labels, {key: blank for key in objects if not objects[key]} | maps
    return labels, {}


def _meaning(root: Path, objects: Mapping[str, Sequence[VocObject]], names: Sequence[str]) -> list[str]:
    """Names for the numbers of SegmentationClass that fit all boxes; none where no list does."""
    listed = class_names(root)
    if listed and listed[0] in names:  # 0 is what is no object
        listed = [BACKGROUND, *listed]
    candidates = [names for names in (listed, [BACKGROUND, *VOC_CLASSES]) if names]
    for key, image_objects in objects.items():
        values = class_numbers(root / CLASSES / f"{key}.png", colours_of(root))
        present = np.unique(values).tolist()
        candidates = [
            labels
            for labels in candidates
            if all(value < len(labels) or value == BORDER for value in present)
            and all(
                voc_object.word in labels and labels.index(voc_object.word) in values[_window(voc_object)]
                for voc_object in image_objects
            )
        ]
    return candidates[0] if candidates else []


def _window(voc_object: VocObject) -> tuple[slice, slice]:
    """Of its box."""
    left, top, right, bottom = voc_object.box
    return slice(top, bottom), slice(left, right)
