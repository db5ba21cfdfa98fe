"""ImageNet-Segmentation: 4,276 photographs with the mask of their object, in one file of MATLAB, gtsegs_ijcv.mat.

Source: Guillaumin, Küttel, Ferrari, "ImageNet auto-annotation with segmentation propagation" (IJCV 2014). The file is
MATLAB's version 7.3, which is HDF5: axes are stored in reverse, and cells hold references.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from vitxplain.data.sample import DataSet, Sample, Split
from vitxplain.errors import DataError, ImageError
from vitxplain.files.opening import check_file
from vitxplain.files.paths import user_path
from vitxplain.files.reading import reading
from vitxplain.options.extras import check_installed

IMAGES, MASKS, NAMES = "value/img", "value/gt", "value/id"
MOST_IMAGES: Final = 1_000_000  # in the file; the authors' has 4,276
MOST_VALUES: Final = 2**28  # of one image
MOST_LETTERS: Final = 1000  # of an image's name
DEEPEST: Final = 8  # cells in cells
ADVICE: Final = "download gtsegs_ijcv.mat again"
NOTE: Final = "images of ImageNet-Segmentation come without their class; a model's top class is explained."


@dataclass(frozen=True, eq=False)
class GtSegs(DataSet):
    """The photographs in the order of the file; the class of an image is not known and called "object"."""

    file: Path
    name: str
    count: int
    identities: tuple[str, ...] = field(repr=False)
    strict: bool = False

    split: Split = "test"
    labels = ("object",)
    has_masks = True
    notes = (NOTE,)

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < self.count:
            raise IndexError(f"{self.name} has {self.count} images; there is no image {index}.")
        with (
            _opened(self.file) as stored,
            reading(f"image {index} of {self.file}", "one that can be read", ADVICE, ImageError),
        ):
            pixels = _array(stored, _references(stored, IMAGES)[index])
            mask = _array(stored, _references(stored, MASKS)[index])
        if pixels.ndim != 3 or pixels.shape[:2] != mask.shape:
            raise ImageError(
                f"image {index} of {self.file} is an array {pixels.shape} with a mask {mask.shape}; they must be "
                "(height, width, 3) and (height, width)."
            )
        return Sample(Image.fromarray(pixels.astype(np.uint8)), 0, self.identities[index], mask > 0)


def gtsegs(file: str, split: Split = "test", strict: bool = False) -> GtSegs:
    """The set of a file; all of it is the test split.

    Raises:
        DataError: it is no such file, another split is asked for, or h5py is not installed.
    """
    path = user_path(file)
    if split != "test":
        raise DataError(f"{file} has no {split} split: all of it is test.")
    check_installed(file, "h5py", error=DataError)
    with _opened(path) as stored, reading(path, "gtsegs_ijcv.mat", ADVICE):
        if not all(field in stored for field in (IMAGES, MASKS)):
            raise DataError(f"{file} has no {IMAGES} and {MASKS}, as gtsegs_ijcv.mat has; download it again.")
        count = len(_references(stored, IMAGES))
        if (masks := len(_references(stored, MASKS))) != count:
            raise ValueError(f"it has {count:,} images and {masks:,} masks")
        names: Sequence[Any] | np.ndarray = _references(stored, NAMES) if NAMES in stored else []
        identities = [_text(stored, reference) for reference in names] if len(names) == count else []
    if len(set(identities)) < count:
        identities = [f"{index:05d}" for index in range(count)]
    return GtSegs(path, str(file), count, tuple(identities), strict)


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    import h5py

    with reading(file, "a file of MATLAB 7.3 (HDF5)", "download gtsegs_ijcv.mat again"):
        check_file(file)
        stored = h5py.File(file, "r")
    with stored:
        yield stored


def _references(stored: Any, name: str) -> np.ndarray:
    """The references of a cell array, in its order."""
    return _values(stored[name], MOST_IMAGES).ravel()


def _array(stored: Any, reference: Any) -> np.ndarray:
    """What a cell refers to, through cells within, its axes turned back."""
    cell = stored[reference]
    for _ in range(DEEPEST):
        if cell.dtype.kind != "O":
            return _values(cell, MOST_VALUES).T
        cell = stored[_values(cell, MOST_IMAGES).ravel()[0]]
    raise ValueError(f"its cells lie more than {DEEPEST} deep in one another")


def _text(stored: Any, reference: Any) -> str:
    """MATLAB's text is an array of character codes."""
    return "".join(chr(int(code)) for code in _values(stored[reference], MOST_LETTERS).ravel())


def _values(dataset: Any, most: int) -> np.ndarray:
    """All of a data set that lies in the file itself and has `most` values or fewer."""
    if dataset.size is None or dataset.size > most:
        raise ValueError(f"{dataset.name} has {dataset.size or 0:,} values, where 1 to {most:,} are expected")
    if dataset.external or dataset.is_virtual:
        raise ValueError(f"{dataset.name} refers to another file")
    return np.asarray(dataset[()])
