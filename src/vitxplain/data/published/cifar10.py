"""CIFAR-10 (A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009): files, images, the Hub."""

from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import UInt8

from vitxplain.data.folders.image_folder import image_folder
from vitxplain.data.published.arrays import array_images
from vitxplain.data.sample import DataSet, Split
from vitxplain.data.splits.ratio import DEFAULT, Ratio
from vitxplain.errors import DataError
from vitxplain.files.opening import read_bytes
from vitxplain.files.paths import is_file, is_folder, user_path
from vitxplain.files.reading import reading

HUB_ID: Final = "uoft-cs/cifar10"
CLASSES: Final = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MOST_BYTES: Final = 2**28  # of one file; the authors' have 31 million
BYTES: Final = 1 + 3 * 32 * 32  # the label, then red, green and blue planes


def cifar10(
    split: Split = "test",
    seed: int = 0,
    folder: str | None = None,
    ratio: Ratio = DEFAULT,
    count: int | None = None,
    strict: bool = False,
) -> DataSet:
    """The folder's binary files (cifar-10-binary.tar.gz, unpacked) or class folders of images; else the Hub's copy.

    The Python version is a pickle, which can run any code, and never opened. Validation is a share of train.

    Raises:
        DataError: files are missing, damaged, or have labels beyond 9.
    """
    if folder is None:
        from vitxplain.data.hub.dataset import hub_images

        return hub_images(HUB_ID, split, seed, ratio=ratio, count=count)
    root = user_path(folder)
    if not is_folder(root):
        raise DataError(f"the folder {folder} does not exist; check the path (looked up in {Path.cwd()}).")
    nested = root / "cifar-10-batches-bin"
    root = nested if is_folder(nested) else root
    batches = sorted(root.glob("data_batch_*.bin"))
    stored: dict[Split, tuple[np.ndarray, np.ndarray]] = {}
    if batches:
        stored["train"] = _read(batches)
    if is_file(test := root / "test_batch.bin"):
        stored["test"] = _read([test])
    if stored:
        return array_images("cifar10", CLASSES, stored, split=split, seed=seed, ratio=ratio)
    if any(is_file(path / "data_batch_1") for path in (root, root / "cifar-10-batches-py")):
        raise DataError(
            f"{folder} holds CIFAR-10 as Python pickles, which can run any code and are never opened; download "
            "the binary version (cifar-10-binary.tar.gz) instead."
        )
    return image_folder(str(root), split, seed, ratio, strict)


def _read(files: list[Path]) -> tuple[UInt8[np.ndarray, "image 32 32 3"], UInt8[np.ndarray, " image"]]:
    records = []
    for file in files:
        with reading(file, f"a whole CIFAR-10 file (records of {BYTES} bytes)", "download it again"):
            content = np.frombuffer(read_bytes(file, MOST_BYTES), np.uint8)
            if not len(content) or len(content) % BYTES:
                raise ValueError(f"it has {len(content):,} bytes")
        records.append(content.reshape(-1, BYTES))
    rows = np.concatenate(records)
    return np.ascontiguousarray(rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), rows[:, 0]
