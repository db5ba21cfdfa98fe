"""Maps of classes for data that have objects with masks: each pixel has the class of the object that lies there."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from vitxplain.data.sample import UNLABELLED, ClassMap, DataSet, LabelledObject, Sample, Split
from vitxplain.data.subset import select
from vitxplain.errors import DataError

BACKGROUND: Final = "background"


@dataclass(frozen=True, eq=False)
class PaintedMaps(DataSet):
    """The data, with a map painted for each image that has none: small objects over large ones, the rest background.

    Objects that do not count are no class at all. `masks_known`: those without a mask are known to have one, of which
    nothing shows.
    """

    data: DataSet
    name: str
    split: Split
    labels: tuple[str, ...] = field(repr=False)
    object_labels: tuple[str, ...] = field(repr=False)
    map_labels: tuple[str, ...] = field(repr=False)
    has_masks: bool = True
    notes: tuple[str, ...] = ()
    strict: bool = False
    in_order: bool = False
    masks_known: bool = False

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> Sample:
        sample = self.data[index]
        numbers = {name: number for number, name in enumerate(self.map_labels)}
        return replace(sample, class_map=_painted(sample, numbers, self.masks_known))

    def during(self, epoch: int, progress: float) -> DataSet:
        return replace(self, data=self.data.during(epoch, progress))


def with_class_maps(data: DataSet) -> DataSet:
    """The data themselves where they have maps of classes; else with maps painted from the masks of their objects.

    Images of which it is known that they have neither are left out.

    Raises:
        DataError: all are.
    """
    if not data.map_labels and not data.object_labels:
        return data
    bare = data.without_map()
    if bare:
        data = _left_out(data, bare)
    if data.map_labels:
        return data
    return PaintedMaps(
        data,
        data.name,
        data.split,
        data.labels,
        data.object_labels,
        (BACKGROUND, *(name for name in data.object_labels if name != BACKGROUND)),
        data.has_masks,
        data.notes,
        data.strict,
        data.in_order,
        masks_known=bare is not None,
    )


def _left_out(data: DataSet, bare: frozenset[int]) -> DataSet:
    """The data without these images, as a note says."""
    what = "no map of classes" if data.map_labels else "objects that are known by their boxes alone"
    if len(bare) == len(data):
        raise DataError(
            f"all images of the {data.split} split of {data.name} have {what}, and a segmenter learns which pixels are "
            "whose; give objects with masks (polygons or runs), or maps of classes."
        )
    rest = select(data, [index for index in range(len(data)) if index not in bare])
    images = "1 image has" if len(bare) == 1 else f"{len(bare):,} images have"
    note = f"the {data.split} split of {data.name}: {images} {what} and {'is' if len(bare) == 1 else 'are'} left out."
    return replace(rest, notes=(*data.notes, note))


def _painted(sample: Sample, numbers: Mapping[str, int], masks_known: bool) -> ClassMap:
    """Raises:
    DataError: an object is known by its box alone.
    """
    class_map = np.zeros((sample.image.height, sample.image.width), np.int16)
    for labelled in sorted(sample.objects or (), key=_box_area, reverse=True):
        if labelled.mask is None and not labelled.ignore and not masks_known:
            raise DataError(
                f"{labelled.name} on {sample.name} is known by its box alone, and a segmenter learns which pixels are "
                "whose; give objects with masks (polygons or runs), or maps of classes."
            )
        if labelled.mask is not None:
            class_map[labelled.mask] = UNLABELLED if labelled.ignore else numbers[labelled.name]
    return class_map


def _box_area(labelled: LabelledObject) -> float:
    left, top, right, bottom = labelled.box
    return (right - left) * (bottom - top)
