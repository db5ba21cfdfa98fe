"""Files with the class of each pixel as a number."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Integer

from vitxplain.data.folders.map_colours import LABEL_MAP, Colours, label_map, numbers_of
from vitxplain.data.folders.mask_files import check_size
from vitxplain.data.sample import UNLABELLED, ClassMap
from vitxplain.errors import DataError, ImageError
from vitxplain.files.documents import read_lines
from vitxplain.files.paths import is_file
from vitxplain.files.pictures import open_picture
from vitxplain.files.reading import reading, shortened

CLASSES: Final = "classes.txt"
BACKGROUNDS: Final = ("background", "_background_", "__background__", "void", "unlabeled", "unlabelled")
MOST_CLASSES: Final = 10_000
MOST_LETTERS: Final = 1000  # of a name

Numbers = Integer[np.ndarray, "height width"]


@dataclass(frozen=True)
class ClassMapFile:
    """A map: by the numbers of the file, those of the set; numbers without an entry belong to no class.

    Without a path all pixels are of the first class, the background.
    """

    path: Path | None
    numbers: Mapping[int, int] = field(repr=False)
    colours: Colours | None = field(default=None, repr=False)  # of a map in colours; None: there they stand for nothing

    def read(self, size: tuple[int, int]) -> ClassMap:
        """Of an image of this (height, width).

        Raises:
            ImageError: the map is damaged, in colours, or of another size.
        """
        if self.path is None:
            return np.zeros(size, np.int16)
        values = class_numbers(self.path, self.colours)
        check_size(self.path, values.shape, size)
        present, inverse = np.unique(values, return_inverse=True)
        numbers = [self.numbers.get(value, UNLABELLED) for value in present.tolist()]
        return np.array(numbers, np.int16)[inverse].reshape(values.shape)


def class_numbers(path: Path, colours: Colours | None = None) -> Numbers:
    """One number a pixel: the palette's index or the grey value, or that of its colour.

    Raises:
        ImageError: it is damaged, or in colours, one of which stands for no number.
    """
    with reading(path, "a map of classes that can be read", "save it again as PNG", ImageError):
        with open_picture(path) as image:
            if image.mode in ("P", "L", "1", "I", "I;16", "I;16B"):
                return np.asarray(image).astype(np.int64)
            channels = np.asarray(image.convert("RGB"))
        if (channels != channels[..., :1]).any():
            return _numbers_of_colours(path, channels, colours)
        return channels[..., 0].astype(np.int64)


def _numbers_of_colours(path: Path, channels: np.ndarray, colours: Colours | None) -> Numbers:
    why = ""
    if colours is not None:
        try:
            return numbers_of(channels, colours)
        except KeyError as error:
            red, green, blue = error.args[0].to_bytes(3, "big")
            why = f", of which {red},{green},{blue} is none of {LABEL_MAP}'s (or, without one, of Pascal VOC's)"
    raise ImageError(
        f"the map {path} is in colours{why}; write the number of its class to each pixel, grey or with a palette."
    )


def class_names(root: Path) -> list[str]:
    """The names in classes.txt, one a line, or else in labelmap.txt; none where there is neither file.

    Raises:
        DataError: it cannot be read, names one twice, or has names or lines beyond reason.
    """
    file = root / CLASSES
    if not is_file(file):
        return list(label_map(root))
    with reading(file, "a list of classes", "write the name of one in each line"):
        names = read_lines(file)
    if twice := {name for name in names if names.count(name) > 1} if len(names) <= MOST_CLASSES else set():
        raise DataError(f"{file} names {shortened(min(twice))} twice; give each class a name of its own.")
    if not names or len(names) > MOST_CLASSES or max(map(len, names)) > MOST_LETTERS:
        raise DataError(f"{file} has {len(names):,} lines; write the name of a class in each, of a few words.")
    return names


def is_background(labels: Sequence[str], number: int) -> bool:
    """Whether this class of a map is what is no object."""
    return number == 0 and labels[number].strip().casefold() in BACKGROUNDS
