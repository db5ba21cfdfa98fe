"""What every data set yields: an image, its class and, where it is known, which objects are where."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool, Int16
from PIL import Image

from vitxplain.errors import DataError

Split: TypeAlias = Literal["train", "validation", "test"]
Mask: TypeAlias = Bool[np.ndarray, "height width"]
ClassMap: TypeAlias = Int16[np.ndarray, "height width"]
UNLABELLED: Final = -1  # in a class map: pixels whose class nobody says


class Box(NamedTuple):
    """A box in pixels of the image; right and bottom are the first column and row outside it."""

    left: int
    top: int
    right: int
    bottom: int


class ExactBox(NamedTuple):
    """A box in pixels of the image, not rounded; 0 is the left (upper) edge of the first pixel, 1 its right (lower)."""

    left: float
    top: float
    right: float
    bottom: float

    def pixels(self) -> Box:
        """All pixels it touches."""
        return Box(math.floor(self.left), math.floor(self.top), math.ceil(self.right), math.ceil(self.bottom))


@dataclass(frozen=True, eq=False)
class LabelledObject:
    """One object of an image.

    `label` is its place in `DataSet.object_labels`, `name` what stands there. `mask` is True on what shows of it, of
    the image's size; None where it is known by its box alone. One with `ignore` (a crowd, or one marked as too
    difficult) is not to be learnt, and neither finding nor missing it counts.
    """

    label: int
    name: str
    box: ExactBox
    mask: Mask | None = field(default=None, repr=False)
    ignore: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Sample:
    """One labelled image.

    `mask` is True on the object and `boxes` lie round it; None where that is not known, and an empty mask (or no box)
    where it is known that nothing is there. `facts` are other things known by name, such as a texture.

    `objects` are all that are labelled, of any class, and `class_map` has each pixel's place in `DataSet.map_labels`;
    None in data of classes alone. Of images with several classes `label`, `mask` and `boxes` are those of one.
    """

    image: Image.Image = field(repr=False)
    label: int
    name: str
    mask: Mask | None = field(default=None, repr=False)
    boxes: tuple[Box, ...] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    objects: tuple[LabelledObject, ...] | None = None
    class_map: ClassMap | None = field(default=None, repr=False)

    def object_mask(self) -> Mask:
        """True on the object: the mask, or where only boxes are known, all that lies in one.

        Raises:
            DataError: neither is known.
        """
        if self.mask is not None:
            return self.mask
        if self.boxes is None:
            raise DataError(f"where the object is in {self.name} is not known; take data with masks or boxes.")
        mask = np.zeros((self.image.height, self.image.width), bool)
        for left, top, right, bottom in self.boxes:
            mask[top:bottom, left:right] = True
        return mask


class DataSet(ABC):
    """Labelled images by index; what training, testing, evaluating and showing need of any source of data."""

    name: str  # as the user typed it
    split: Split
    labels: tuple[str, ...]  # class names, by label
    has_masks: bool = False  # whether samples say where the object is, by masks or boxes
    object_labels: tuple[str, ...] = ()  # names of `Sample.objects`, by label; none where objects are not known
    map_labels: tuple[str, ...] = ()  # names of the numbers in `Sample.class_map`; none where there are no maps
    notes: tuple[str, ...] = ()  # what a user should know of how the set came about, each a sentence
    strict: bool = False  # whether a damaged image stops; else whoever reads skips and counts it (data/readable.py)
    in_order: bool = False  # whether samples are to be asked for by rising index; `during` then shuffles them

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __getitem__(self, index: int) -> Sample:
        """Raises IndexError past the end, ImageError for a damaged file."""

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(len(self)))

    def without_map(self) -> frozenset[int] | None:
        """Indices of samples that have neither a map of classes nor the masks of all objects, from which to paint one.

        None where that shows only when a sample is read.
        """
        return None

    def during(self, epoch: int, progress: float) -> "DataSet":
        """The set as training sees it in this epoch, `progress` of the whole training being done ([0, 1]).

        A set that is made, not stored, is new in every epoch, and may grow harder.
        """
        return self
