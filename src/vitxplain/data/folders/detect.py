"""What lies in a folder decides how it is read."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

from vitxplain.data.sample import DataSet
from vitxplain.files.walk import files_in, folders_in

CIFAR10: Final = frozenset({"test_batch.bin", "data_batch_1.bin", "cifar-10-batches-bin", "test_batch", "data_batch_1"})


def opener(folder: Path) -> Callable[..., DataSet]:
    """What reads this folder.

    Raises:
        DataError: it cannot be looked into.
    """
    inside, files = set(folders_in(folder)), set(files_in(folder))
    if {"JPEGImages", "Annotations"} <= inside:
        return _imported("folders.voc")
    if {"labels.csv", "index.json"} & files:
        return _imported("folders.table_folder")
    if any({"images", "masks"} <= set(folders_in(one)) for one in (folder, *(folder / name for name in inside))):
        return _imported("folders.masked_folder")
    if any("-ubyte" in name for name in files):
        return _imported("published.mnist")
    if CIFAR10 & (files | inside):
        return _imported("published.cifar10")
    if any(file.endswith(".parquet") for file in files | _files_below(folder, inside & {"data"})):
        return _imported("hub.dataset", "parquet_folder")
    return _imported("folders.image_folder")


def _files_below(folder: Path, names: set[str]) -> set[str]:
    return {file for name in names for file in files_in(folder / name)}


def _imported(module: str, name: str = "") -> Callable[..., DataSet]:
    return getattr(import_module(f"vitxplain.data.{module}"), name or module.rpartition(".")[2])
