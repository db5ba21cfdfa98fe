"""Images that lie on disk, one file each."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from vitxplain.data.folders.class_maps import ClassMapFile, is_background
from vitxplain.data.folders.file_check import upright_size
from vitxplain.data.folders.mask_files import MaskFile, check_sizes
from vitxplain.data.folders.stored_objects import StoredObject, inside, mask_of_name
from vitxplain.data.read_image import read_image
from vitxplain.data.sample import Box, ClassMap, DataSet, LabelledObject, Mask, Sample, Split
from vitxplain.data.splits.groups import sources_of
from vitxplain.data.splits.ratio import Ratio
from vitxplain.data.splits.stored import part_of, split_indices
from vitxplain.errors import DataError, ImageError

ALL_TEST = " Explanations can be evaluated all the same: -o data.ratio=0,0,1 makes all images test."


class OneClassError(DataError):
    """Images that are good for anything but training."""


@dataclass(frozen=True)
class Item:
    """One image file with its label and, where known, its mask and boxes; `name` is its path below the folder."""

    path: Path
    name: str
    label: int
    mask: MaskFile | None = None
    boxes: tuple[Box, ...] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    objects: tuple[StoredObject, ...] | None = None
    class_map: ClassMapFile | None = None
    size: tuple[int, int] | None = None  # (height, width) in pixels that the annotations state


@dataclass(frozen=True, eq=False)
class DiskImages(DataSet):
    """Images on disk in a fixed order, decoded when asked for."""

    name: str
    split: Split
    labels: tuple[str, ...]
    items: tuple[Item, ...] = field(repr=False)
    has_masks: bool = False
    notes: tuple[str, ...] = ()
    strict: bool = False
    stored_items: tuple[tuple[Split | None, Item], ...] = field(default=(), repr=False)  # of all splits
    object_labels: tuple[str, ...] = ()
    map_labels: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(f"{self.name} has {len(self)} images; there is no image {index}.")
        item = self.items[index]
        image = read_image(item.path)
        size = image.height, image.width
        mask = None if item.mask is None else item.mask.read(size)
        objects = None if item.objects is None else tuple(stored.read(size) for stored in item.objects)
        class_map = None if item.class_map is None else item.class_map.read(size)
        if mask is None:
            mask = self._class_mask(item, size, objects, class_map)
        return Sample(image, item.label, item.name, mask, item.boxes, item.facts, objects, class_map)

    def without_map(self) -> frozenset[int]:
        return frozenset(index for index, item in enumerate(self.items) if not self._has_map(item))

    def _has_map(self, item: Item) -> bool:
        """Whether it has a map; in a set without any, whether the masks of all its objects are known."""
        if self.map_labels:
            return item.class_map is not None
        return all(stored.pixels is not None or stored.ignore for stored in item.objects or ())

    def _class_mask(
        self,
        item: Item,
        size: tuple[int, int],
        objects: tuple[LabelledObject, ...] | None,
        class_map: ClassMap | None,
    ) -> Mask | None:
        """True on what the image is labelled by, from its objects or its map; None where that is not known."""
        if objects is not None:
            return mask_of_name(objects, self.labels[item.label]) if objects else np.zeros(size, bool)
        if class_map is None:
            return None
        return (class_map == item.label) & (not is_background(self.labels, item.label))


def disk_images(
    folder: str,
    labels: Sequence[str],
    rows: Sequence[tuple[Split | None, Item]],
    *,
    split: Split,
    seed: int,
    ratio: Ratio,
    strict: bool,
    notes: Sequence[str] = (),
    object_labels: Sequence[str] = (),
    map_labels: Sequence[str] = (),
) -> DiskImages:
    """The wanted split of images with the split each is stored in; damaged ones are left out with a warning.

    Splits are drawn before damage is looked for, so that mending a file moves no other. Tiles of one image, and files
    that differ in their ending only, are drawn together.

    Raises:
        ImageError: one is damaged, and `strict`.
        DataError: none can be read, train has one class only (and no objects to find), masks are not of their images'
            sizes, or a box lies outside its image.
    """
    part = part_of(folder, {kind for kind, _ in rows if kind}, split, ratio, seed)
    stored = [item for kind, item in rows if kind in (None, part.stored)]
    sources = sources_of(Path(folder), [item.path for item in stored]) if part.ratio else None
    names, classes = [item.name for item in stored], [item.label for item in stored]
    chosen = split_indices(part, split, names, classes, seed, sources)
    whole = _whole(f"the {split} split of {folder}", [stored[index] for index in chosen], strict)
    present = {item.label for item in whole}
    if split == "train" and len(present) == 1 and not object_labels and not map_labels:
        raise OneClassError(
            f"every image of {folder} for training is of one class ({labels[present.pop()]}), so there is nothing to "
            f"tell apart; add images of another class.{''.join(f' {note}' for note in notes)}"
            f"{ALL_TEST if part.ratio else ''}"
        )
    if object_labels:
        named = {stored.name for item in whole for stored in item.objects or ()}
        without = [label for label in object_labels if label not in named]
    else:
        without = [
            label for number, label in enumerate(labels) if number not in present and not is_background(labels, number)
        ]
    own_notes = [part.note] if part.note else []
    if sources and len(set(sources)) < len(sources) and 0 < len(chosen) < len(sources):
        own_notes.append(f"images of {folder} that come from one source, as tiles of one image, stay in one split.")
    if without and whole:
        mostly = "most of whose objects are" if map_labels else "of class"
        missing = f"object called {_some(without)}" if object_labels else f"image {mostly} {_some(without)}"
        own_notes.append(f"the {split} split of {folder} has no {missing}.")
    has_masks = any(item.mask is not None or item.boxes is not None or item.class_map is not None for item in whole)
    return DiskImages(
        folder,
        split,
        tuple(labels),
        tuple(whole),
        has_masks,
        (*own_notes, *notes),
        strict,
        tuple(rows),
        tuple(object_labels),
        tuple(map_labels),
    )


def _whole(part: str, items: Sequence[Item], strict: bool) -> list[Item]:
    sizes: dict[Path, tuple[int, int]] = {}
    whole, damaged = [], []
    for item in items:
        try:
            sizes[item.path] = upright_size(item.path)
            whole.append(_with_boxes_inside(item, sizes[item.path]))
        except ImageError as error:
            if strict:
                raise
            damaged.append((item, error))
    if damaged:
        (_, first), *others = damaged
        if not whole:
            raise DataError(f"none of the {len(items)} images of {part} can be read: {first}") from first
        # A warning, not only a note: whoever trains must not learn afterwards that images were missing.
        message = f"{len(damaged)} of the {len(items)} images of {part} {'are' if others else 'is'} left out: {first}"
        more = f" The others: {_some([item.name for item, _ in others])}." if others else ""
        warnings.warn(f"{message}{more}", stacklevel=4)
    check_sizes([(item.name, item.mask, sizes[item.path]) for item in whole if item.mask is not None])
    maps = [(item.name, MaskFile(item.class_map.path), sizes[item.path]) for item in whole if item.class_map]
    check_sizes(maps)
    return whole


def _with_boxes_inside(item: Item, size: tuple[int, int]) -> Item:
    """Its boxes cut at the edges of the image, of this (height, width).

    Raises:
        DataError: one lies outside, and so was drawn on another version of the image.
    """
    if item.size is not None and item.size != size:
        stated, own = (" x ".join(map(str, sides)) for sides in (item.size, size))
        raise DataError(
            f"the annotations of {item.path} are of an image of {stated} px (height x width), which is {own} px; make "
            "them of the images as they are shown, upright and not scaled."
        )
    objects = None if item.objects is None else inside(item.objects, item.path, size)
    height, width = size
    for box in item.boxes or ():
        if box.left >= width or box.top >= height:
            raise DataError(
                f"the box {', '.join(map(str, box))} (left, top, right, bottom) of {item.path} lies outside the image, "
                f"which is {height} x {width} px (height x width); make boxes of the images as they are."
            )
    boxes = None if item.boxes is None else tuple(_cut(box, height, width) for box in item.boxes)
    return item if boxes == item.boxes and objects == item.objects else replace(item, boxes=boxes, objects=objects)


def _cut(box: Box, height: int, width: int) -> Box:
    return Box(max(box.left, 0), max(box.top, 0), min(box.right, width), min(box.bottom, height))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
