"""How many objects of each name a data set holds, and how much of its pixels each class of its maps covers."""

from collections import Counter
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from vitxplain.data.sample import LabelledObject, Sample

Size: TypeAlias = tuple[float, float]  # (height, width) in pixels


@dataclass
class ObjectCounts:
    """Counts over the samples added so far, each by label; those of maps by the numbers in them."""

    objects: Counter[int] = field(default_factory=Counter)
    images: Counter[int] = field(default_factory=Counter)  # with one of them or more
    masked: Counter[int] = field(default_factory=Counter)  # with a mask
    ignored: Counter[int] = field(default_factory=Counter)  # crowds and the like
    sizes: dict[int, tuple[Size, Size]] = field(default_factory=dict)  # the least and the greatest side of a box
    map_images: Counter[int] = field(default_factory=Counter)
    map_pixels: Counter[int] = field(default_factory=Counter)

    def add(self, sample: Sample) -> None:
        for labelled in sample.objects or ():
            self.objects[labelled.label] += 1
            self.masked[labelled.label] += labelled.mask is not None
            self.ignored[labelled.label] += labelled.ignore
            self._measure(labelled)
        self.images.update({labelled.label for labelled in sample.objects or ()})
        if sample.class_map is not None:
            numbers, counts = np.unique(sample.class_map[sample.class_map >= 0], return_counts=True)
            self.map_pixels.update(dict(zip(numbers.tolist(), counts.tolist(), strict=True)))
            self.map_images.update(numbers.tolist())

    def share(self, number: int) -> float:
        """Of all pixels whose class is known, those of this one."""
        return self.map_pixels[number] / max(1, self.map_pixels.total())

    def _measure(self, labelled: LabelledObject) -> None:
        left, top, right, bottom = labelled.box
        size = bottom - top, right - left
        low, high = self.sizes.get(labelled.label, (size, size))
        self.sizes[labelled.label] = (
            (min(low[0], size[0]), min(low[1], size[1])),
            (max(high[0], size[0]), max(high[1], size[1])),
        )
