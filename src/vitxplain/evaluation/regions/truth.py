"""Truth: what the data say there is in an image, for a model that finds objects or segments."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final, Literal, TypeAlias, get_args

import numpy as np

from vitxplain.data.folders.class_maps import BACKGROUNDS
from vitxplain.data.sample import DataSet, ExactBox, Mask, Sample

TruthLike: TypeAlias = Literal["box", "mask", "found"]
TRUTHS: Final = get_args(TruthLike)


@dataclass(frozen=True, eq=False)
class TrueRegion:
    """What is there: an object, or all of a class.

    `name` is that of its class, with a number where an image has several: dog#1. `index` is the model's of that class,
    None where it has none. `mask` is None where a box alone says where it is. One with `ignore` does not count.
    """

    name: str
    class_name: str
    index: int | None
    box: ExactBox
    mask: Mask | None = field(default=None, repr=False)
    ignore: bool = False


@dataclass(frozen=True, eq=False)
class Truth(ABC):
    """What maps of a model are scored against.

    `classes` are the model's indices of the classes of the data that it has, by their names; `against` says what of a
    region: its box, its mask, or where the model itself found it. `min_score` is from which score on the user has
    things count as found, None where the model says so.
    """

    classes: Mapping[str, int] = field(repr=False)
    against: TruthLike
    min_score: float | None = None

    noun: ClassVar[str]
    nouns: ClassVar[str]

    @abstractmethod
    def regions(self, sample: Sample, data: DataSet) -> list[TrueRegion]:
        """Those of an image of the data."""

    def __str__(self) -> str:
        """What of what, and from which score on where the user says so: object by box."""
        return f"{self.noun} by {self.against}" + ("" if self.min_score is None else f" from {self.min_score:g} on")

    def mask(self, region: TrueRegion, sample: Sample, own_mask: Mask | None) -> Mask | None:
        """The pixels where a map of this region is to lie; None where they are not known.

        `own_mask` is where the model found it.
        """
        if self.against == "found":
            return own_mask
        if self.against == "mask":
            return region.mask
        return boxed(region.box, (sample.image.height, sample.image.width))


@dataclass(frozen=True, eq=False)
class TrueObjects(Truth):
    """Each object by itself; of data that say no objects, the object of the image's class."""

    noun: ClassVar[str] = "object"
    nouns: ClassVar[str] = "objects"

    def regions(self, sample: Sample, data: DataSet) -> list[TrueRegion]:
        regions = list(_objects(sample, data, self.classes))
        names = [region.class_name for region in regions]
        numbers = [names[:index].count(name) for index, name in enumerate(names)]
        return [
            replace(region, name=f"{region.class_name}#{number}" if names.count(region.class_name) > 1 else region.name)
            for region, number in zip(regions, numbers, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class TrueClasses(Truth):
    """All that an image has of each class, but of the background."""

    noun: ClassVar[str] = "class"
    nouns: ClassVar[str] = "classes"

    def regions(self, sample: Sample, data: DataSet) -> list[TrueRegion]:
        masks: dict[str, Mask | None] = {}
        if data.map_labels:
            if sample.class_map is None:
                return []
            numbers = np.unique(sample.class_map[sample.class_map >= 0]).tolist()
            masks = {data.map_labels[number]: sample.class_map == number for number in numbers}
        else:
            for region in _objects(sample, data, self.classes):
                before = masks.get(region.class_name, False)
                whole = None if before is None or region.mask is None else region.mask | before
                masks[region.class_name] = whole
        return [
            TrueRegion(name, name, self.classes.get(name), _around(mask), mask)
            for name, mask in masks.items()
            if name.strip().casefold() not in BACKGROUNDS
        ]


def _objects(sample: Sample, data: DataSet, classes: Mapping[str, int]) -> Iterator[TrueRegion]:
    if data.object_labels:
        for labelled in sample.objects or ():
            name = labelled.name
            yield TrueRegion(name, name, classes.get(name), labelled.box, labelled.mask, labelled.ignore)
        return
    name = data.labels[sample.label]
    if sample.boxes is None and sample.mask is not None and sample.mask.any():
        yield TrueRegion(name, name, classes.get(name), _around(sample.mask), sample.mask)
    for left, top, right, bottom in sample.boxes or ():
        mask = None
        if sample.mask is not None:  # which is that of all objects
            mask = np.zeros_like(sample.mask)
            mask[top:bottom, left:right] = sample.mask[top:bottom, left:right]
        yield TrueRegion(name, name, classes.get(name), ExactBox(left, top, right, bottom), mask)


def boxed(box: ExactBox, size: tuple[int, int]) -> Mask:
    """The pixels of an image of this (height, width) that a box touches."""
    pixels, mask = box.pixels(), np.zeros(size, bool)
    mask[max(pixels.top, 0) : pixels.bottom, max(pixels.left, 0) : pixels.right] = True
    return mask


def _around(mask: Mask | None) -> ExactBox:
    """The smallest box of whole pixels around a mask; empty where there is none."""
    if mask is None or not mask.any():
        return ExactBox(0.0, 0.0, 0.0, 0.0)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return ExactBox(float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))
