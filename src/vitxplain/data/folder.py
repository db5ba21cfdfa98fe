"""What lies in a folder decides how it is read."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from vitxplain.data.sample import DataSet
from vitxplain.data.walk import files_in, folders_in
from vitxplain.errors import DataError


def opener(folder: Path) -> Callable[..., DataSet]:
    """What reads this folder.

    Raises:
        DataError: it cannot be looked into, or holds what is not opened for safety's sake.
    """
    inside, files = set(folders_in(folder)), set(files_in(folder))
    if {"JPEGImages", "Annotations"} <= inside:
        return _imported("voc")
    if {"labels.csv", "index.json"} & files:
        return _imported("table_folder")
    if any({"images", "masks"} <= set(folders_in(one)) for one in (folder, *(folder / name for name in inside))):
        return _imported("masked_folder")
    if any("-ubyte" in name for name in files):
        return _imported("mnist")
    if "test_batch.bin" in files:
        return _imported("cifar10")
    if {"data_batch_1", "test_batch"} & files:
        raise DataError(
            f"{folder} holds CIFAR-10 as Python pickles, which can run any code and are never opened; download "
            "the binary version (cifar-10-binary.tar.gz) instead."
        )
    if any(file.endswith(".parquet") for file in files | _files_below(folder, inside & {"data"})):
        return _imported("hub_images", "parquet_folder")
    return _imported("image_folder")


def _files_below(folder: Path, names: set[str]) -> set[str]:
    return {file for name in names for file in files_in(folder / name)}


def _imported(module: str, name: str = "") -> Callable[..., DataSet]:
    return getattr(import_module(f"vitxplain.data.{module}"), name or module)
