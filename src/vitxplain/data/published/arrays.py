"""Images that fit into memory as one array."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from vitxplain.data.sample import DataSet, Sample, Split
from vitxplain.data.splits.ratio import Ratio
from vitxplain.data.splits.stored import part_of, split_indices
from vitxplain.errors import DataError


@dataclass(frozen=True, eq=False)
class ArrayImages(DataSet):
    """Images, grey or in colour, with labels; `threshold`: what is brighter is the object."""

    name: str
    split: Split
    labels: tuple[str, ...]
    images: UInt8[np.ndarray, "image height width *channels"] = field(repr=False)
    targets: UInt8[np.ndarray, " image"] = field(repr=False)
    indices: Sequence[int] = field(repr=False)  # where in the stored file
    threshold: int | None = None
    notes: tuple[str, ...] = ()
    has_masks: bool = False

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(f"{self.name} has {len(self)} images; there is no image {index}.")
        where = self.indices[index]
        pixels = self.images[where]
        return Sample(
            Image.fromarray(pixels).convert("RGB"),
            int(self.targets[where]),
            f"{self.name}/{self.split}/{index:05d}",
            mask=None if self.threshold is None else pixels > self.threshold,
        )


def array_images(
    name: str,
    labels: Sequence[str],
    stored: dict[Split, tuple[np.ndarray, np.ndarray]],
    *,
    split: Split,
    seed: int,
    ratio: Ratio,
    threshold: int | None = None,
) -> ArrayImages:
    """The wanted split of stored images with their labels.

    Raises:
        DataError: not as many labels as images, or labels that are none of the classes.
    """
    part = part_of(name, stored, split, ratio, seed)
    images, targets = stored[part.stored]
    if len(images) != len(targets):
        raise DataError(f"{name} has {len(images)} images but {len(targets)} labels; download it again.")
    if wrong := np.flatnonzero(targets >= len(labels)).tolist():
        raise DataError(
            f"the label {targets[wrong[0]]} of image {wrong[0]} of {name} is out of range; its classes are 0 to "
            f"{len(labels) - 1} ({len(wrong)} such labels)."
        )
    names = [f"{index:06d}" for index in range(len(targets))]
    indices = split_indices(part, split, names, targets.tolist(), seed)
    notes = (part.note,) if part.note else ()
    return ArrayImages(
        name, split, tuple(labels), images, targets, indices, threshold, notes, has_masks=threshold is not None
    )
