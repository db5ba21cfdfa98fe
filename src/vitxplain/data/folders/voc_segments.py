"""The segmentations of a Pascal-VOC folder: which pixels are of which object, cut with the image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from vitxplain.data.folders.map_colours import voc_palette
from vitxplain.data.folders.mask_files import check_size, mask_values
from vitxplain.data.folders.voc_annotation import VocObject
from vitxplain.data.sample import Box, Mask
from vitxplain.data.tiling import Corner, clip, cut
from vitxplain.errors import ImageError
from vitxplain.files.paths import is_file

OBJECTS, CLASSES = "SegmentationObject", "SegmentationClass"
BORDER: Final = 255  # a line round objects that belongs to none


@dataclass(frozen=True)
class Segments:
    """By folder, the number of each pixel: of objects (as in the annotation) or classes; 0 is none."""

    values: Mapping[str, UInt8[np.ndarray, "height width"]]

    def of(self, voc_object: VocObject) -> Mask | None:
        """True on the object within its box, of the box's size; None where that is known by the box alone."""
        left, top, right, bottom = voc_object.box
        if OBJECTS in self.values:
            inside = self.values[OBJECTS][top:bottom, left:right] == voc_object.number
            return inside if inside.any() and voc_object.number < BORDER else None
        if CLASSES in self.values:
            within = self.values[CLASSES][top:bottom, left:right]
            inside = (within > 0) & (within < BORDER)
            return inside if inside.any() else None
        return None

    def tile(self, corner: Corner, size: tuple[int, int], objects: Sequence[VocObject]) -> "Segments":
        """What of it lies in a tile, with objects numbered as in the tile's annotation: in this order, from 1."""
        values = {folder: cut(numbers, corner, size) for folder, numbers in self.values.items()}
        if OBJECTS in values:
            numbers = np.zeros(256, np.uint8)
            numbers[BORDER] = BORDER
            for number, voc_object in enumerate(objects, 1):
                if max(number, voc_object.number) < BORDER:  # there is no room for more
                    numbers[voc_object.number] = number
            values[OBJECTS] = numbers[values[OBJECTS]]
        return Segments(values)

    def write(self, where: Path, name: str) -> None:
        """`FOLDER/NAME.png`, in the colours Pascal VOC uses."""
        for folder, values in self.values.items():
            picture = Image.fromarray(values)
            picture.putpalette(voc_palette().ravel().tolist())
            (where / folder).mkdir(parents=True, exist_ok=True)
            picture.save(where / folder / f"{name}.png")


def read_segments(root: Path, key: str, size: tuple[int, int]) -> Segments:
    """Those of an image of this (height, width); none where there are no files.

    Raises:
        ImageError: one is damaged, of another size, or has numbers above 255.
    """
    values_by_folder = {}
    for folder in (OBJECTS, CLASSES):
        if is_file(file := root / folder / f"{key}.png"):
            values = mask_values(file)
            check_size(file, values.shape, size)
            if values.max() > 255:
                raise ImageError(f"the mask {file} has numbers above 255; Pascal VOC has 8 bits a pixel.")
            values_by_folder[folder] = values.astype(np.uint8)
    return Segments(values_by_folder)


def in_tile(objects: Sequence[VocObject], segments: Segments, corner: Corner, size: tuple[int, int]) -> list[VocObject]:
    """The objects that show in a tile, boxes in its pixels: round the object's pixels, where these are known."""
    return [
        voc_object._replace(box=box)
        for voc_object in objects
        for whole in clip([voc_object.box], corner, size)
        if (box := _shrunk(whole, voc_object, segments.of(voc_object), corner)) is not None
    ]


def object_mask(objects: Sequence[VocObject], segments: Segments, size: tuple[int, int]) -> Mask:
    """True on the objects: their pixels, or where these are not known their boxes."""
    mask = np.zeros(size, bool)
    for voc_object in objects:
        left, top, right, bottom = voc_object.box
        pixels = segments.of(voc_object)
        mask[top:bottom, left:right] |= True if pixels is None else pixels
    return mask


def _shrunk(box: Box, voc_object: VocObject, pixels: Mask | None, corner: Corner) -> Box | None:
    """A box in a tile, drawn in to the object's pixels; None where there are none."""
    if pixels is None:
        return box
    top, left = box.top + corner.top - voc_object.box.top, box.left + corner.left - voc_object.box.left
    inside = pixels[top : top + box.bottom - box.top, left : left + box.right - box.left]
    if not inside.any():
        return None
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    right, bottom = box.left + int(columns[-1]) + 1, box.top + int(rows[-1]) + 1
    return Box(box.left + int(columns[0]), box.top + int(rows[0]), right, bottom)
