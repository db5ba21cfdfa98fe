"""Lists of images in a Pascal-VOC folder, one a split."""

from collections.abc import Container
from pathlib import Path
from typing import Final

from vitxplain.data.sample import Split
from vitxplain.errors import DataError
from vitxplain.files.documents import read_lines
from vitxplain.files.paths import is_file
from vitxplain.files.reading import reading, shortened

LISTS: Final[dict[str, Split]] = {"train": "train", "val": "validation", "test": "test"}


def read_lists(root: Path, keys: Container[str], kind: str, images: str) -> dict[str, Split]:
    """The split of each image by its key, from `ImageSets/KIND/`; `trainval` is what train and val are together.

    Raises:
        DataError: a list cannot be read, names an image that is not there, or one that another list has.
    """
    splits: dict[str, Split] = {}
    for word, split in LISTS.items():
        file = root / "ImageSets" / kind / f"{word}.txt"
        if not is_file(file):
            continue
        with reading(file, "a list of images", "write the name of one in each line"):
            listed = [line.split()[0] for line in read_lines(file)]
        for key in listed:
            if key not in keys:
                raise DataError(f"{file} names {shortened(key)}, but {images}/ has no such image.")
            if splits.setdefault(key, split) != split:
                raise DataError(f"{file} names {key}, which another list has already; an image is in one split only.")
    return splits
