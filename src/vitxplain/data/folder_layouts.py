"""Which reader opens a folder, by what lies in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from vitxplain.data.folders.class_map_folder import class_map_folder, pair_of
from vitxplain.data.folders.coco.coco_folder import coco_files, coco_folder
from vitxplain.data.folders.image_folder import image_folder
from vitxplain.data.folders.masked_folder import IMAGES, MASKS, masked_folder
from vitxplain.data.folders.table_folder import TABLES, table_folder
from vitxplain.data.folders.voc import voc
from vitxplain.data.hub.dataset import parquet_folder
from vitxplain.data.published.cifar10 import cifar10
from vitxplain.data.published.mnist import mnist
from vitxplain.data.sample import DataSet
from vitxplain.files.walk import files_in, folders_in

CIFAR10: Final = frozenset({"test_batch.bin", "data_batch_1.bin", "cifar-10-batches-bin", "test_batch", "data_batch_1"})


def opener(folder: Path) -> Callable[..., DataSet]:
    """The function that reads this folder.

    Raises:
        DataError: it cannot be looked into.
    """
    inside, files = set(folders_in(folder)), set(files_in(folder))
    if {"JPEGImages", "Annotations"} <= inside:
        return voc
    if files.intersection(TABLES):
        return table_folder
    if coco_files(folder):
        return coco_folder
    if pair_of(folder):
        return class_map_folder
    if any({IMAGES, MASKS} <= set(folders_in(path)) for path in (folder, *(folder / name for name in inside))):
        return masked_folder
    if any("-ubyte" in name for name in files):
        return mnist
    if CIFAR10 & (files | inside):
        return cifar10
    if any(file.endswith(".parquet") for file in files | _files_below(folder, inside & {"data"})):
        return parquet_folder
    return image_folder


def _files_below(folder: Path, names: set[str]) -> set[str]:
    return {file for name in names for file in files_in(folder / name)}
