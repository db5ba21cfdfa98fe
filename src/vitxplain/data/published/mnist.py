"""MNIST: handwritten digits, from IDX files or the Hub; the ink is the object."""

import gzip
import math
import re
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from vitxplain.data.folders.image_folder import image_folder
from vitxplain.data.published.arrays import array_images
from vitxplain.data.sample import DataSet, Split
from vitxplain.data.splits.ratio import DEFAULT, Ratio
from vitxplain.errors import DataError, OptionError
from vitxplain.files.opening import open_file
from vitxplain.files.paths import is_folder, user_path
from vitxplain.files.reading import reading
from vitxplain.files.walk import files_in, folders_in, image_files

HUB_ID: Final = "ylecun/mnist"
MOST_BYTES: Final = 2**30  # of one file's values; the largest set of this format, EMNIST, has 640 million
CHUNK: Final = 2**22  # bytes unpacked at once
FILES: Final[dict[Split, str]] = {"train": "train", "test": "t10k"}


def mnist(
    split: Split = "test",
    seed: int = 0,
    folder: str | None = None,
    threshold: int = 127,
    ratio: Ratio = DEFAULT,
    count: int | None = None,
    strict: bool = False,
) -> DataSet:
    """The digits of the folder's IDX files (`.gz` too), else of the Hub; pixels above `threshold` are the object.

    Class folders of images open too, without that. Fashion-MNIST and other sets in files of these names open alike.
    Validation is a share of train.

    Raises:
        DataError: files are missing, damaged, or have labels beyond 9.
        OptionError: the threshold is no grey value.
    """
    if not 0 <= threshold <= 254:
        raise OptionError(f"threshold is {threshold}; it takes a grey value from 0 to 254.")
    if folder is None:
        from vitxplain.data.hub.dataset import hub_images

        return hub_images(HUB_ID, split, seed, ratio=ratio, count=count, threshold=threshold)
    root = user_path(folder)
    if not is_folder(root):
        raise DataError(f"the folder {folder} does not exist; check the path (looked up in {Path.cwd()}).")
    pairs = {kind: _pair(root, word) for kind, word in FILES.items()}
    stored = {kind: (_read_idx(pair[0]), _read_idx(pair[1])) for kind, pair in pairs.items() if pair}
    if not stored and image_files(root):
        return image_folder(str(root), split, seed, ratio, strict)
    if not stored:
        raise DataError(f"{folder} has no MNIST files; train-images-idx3-ubyte and its like are expected there.")
    words = [str(digit) for digit in range(10)]
    return array_images("mnist", words, stored, split=split, seed=seed, ratio=ratio, threshold=threshold)


def _pair(root: Path, word: str) -> tuple[Path, Path] | None:
    """The files of images and labels of a split, in the folder or in `raw` within it, if they are there."""
    paths = [root, *(root / name / "raw" for name in folders_in(root) if is_folder(root / name / "raw")), root / "raw"]
    for path in filter(Path.is_dir, paths):
        both = [
            [name for name in files_in(path) if re.fullmatch(rf"{word}-{what}[-.]idx{axes}-ubyte(\.gz)?", name)]
            for what, axes in (("images", 3), ("labels", 1))
        ]
        if all(both):
            return path / both[0][0], path / both[1][0]
        if any(both):
            missing = "labels-idx1-ubyte" if both[0] else "images-idx3-ubyte"
            raise DataError(f"{path} has no file {word}-{missing} beside {(both[0] or both[1])[0]}; put it there.")
    return None


def _read_idx(file: Path) -> UInt8[np.ndarray, "..."]:
    """The array of bytes in an IDX file; `.gz` is unpacked as far as its header says.

    Raises:
        DataError: it is no such file, cut short, or longer than its header says.
    """
    with reading(file, "an IDX file of bytes", "download it again"), open_file(file) as stored:
        stream = gzip.GzipFile(fileobj=stored) if file.suffix == ".gz" else stored
        start = stream.read(4)
        if len(start) < 4 or start[:3] != b"\0\0\x08" or start[3] not in (1, 2, 3, 4):
            raise ValueError("it does not begin as one")
        sides = stream.read(4 * start[3])
        shape = np.frombuffer(sides, ">u4", start[3]).tolist()
        if (size := math.prod(shape)) > MOST_BYTES:
            raise ValueError(f"its header promises {size:,} bytes, more than {MOST_BYTES:,}")
        values = np.empty(size, np.uint8)  # takes memory as it is filled, not as it is promised
        filled = 0
        while filled < size and (part := stream.read(min(CHUNK, size - filled))):
            values[filled : filled + len(part)] = np.frombuffer(part, np.uint8)
            filled += len(part)
        if filled < size or stream.read(1):
            raise ValueError(f"its header promises {size:,} bytes, and it has {'fewer' if filled < size else 'more'}")
    return values.reshape(shape)
