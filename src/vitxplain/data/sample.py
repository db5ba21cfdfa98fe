"""What every data set yields: an image, its class and, where it is known, where the object is."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from jaxtyping import Bool
from PIL import Image

from vitxplain.errors import DataError

Split: TypeAlias = Literal["train", "validation", "test"]
Mask: TypeAlias = Bool[np.ndarray, "height width"]


class Box(NamedTuple):
    """A box in pixels of the image; right and bottom are the first column and row outside it."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, eq=False)
class Sample:
    """One labelled image.

    `mask` is True on the object and `boxes` lie round it; None where that is not known, and an empty mask (or no box)
    where it is known that nothing is there. `facts` are other things known by name, such as a texture.
    """

    image: Image.Image = field(repr=False)
    label: int
    name: str
    mask: Mask | None = field(default=None, repr=False)
    boxes: tuple[Box, ...] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

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

    def during(self, epoch: int, progress: float) -> "DataSet":
        """The set as training sees it in this epoch, `progress` of the whole training being done ([0, 1]).

        A set that is made, not stored, is new in every epoch, and may grow harder.
        """
        return self
