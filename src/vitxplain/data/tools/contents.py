"""All that lies in a folder of images, whatever split it is for, checked before anything is made of it."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from vitxplain.data.folder_layouts import opener
from vitxplain.data.folders.class_map_folder import class_map_folder
from vitxplain.data.folders.coco.coco_folder import coco_folder
from vitxplain.data.folders.disk_images import DiskImages, Item
from vitxplain.data.folders.file_check import upright_size
from vitxplain.data.folders.image_folder import image_folder
from vitxplain.data.folders.mask_files import check_sizes
from vitxplain.data.folders.masked_folder import masked_folder
from vitxplain.data.folders.table_folder import table_folder
from vitxplain.data.folders.voc import voc
from vitxplain.data.sample import DataSet, Split
from vitxplain.errors import DataError, ImageError
from vitxplain.files.paths import is_folder, is_text

Layout: TypeAlias = Callable[..., DiskImages]
LAYOUTS: Final[Mapping[Layout, str]] = {
    image_folder: "class folders",
    masked_folder: "images and masks",
    voc: "Pascal VOC",
    table_folder: "a table",
}


OTHERS: Final[Mapping[Callable[..., DataSet], str]] = {
    coco_folder: "annotations as COCO has them",
    class_map_folder: "maps of classes",
}


class StoredImage(NamedTuple):
    """An image, the split it is stored in, its (height, width), and its number among all, damaged ones too."""

    split: Split | None
    item: Item
    size: tuple[int, int]
    number: int


@dataclass(frozen=True)
class Contents:
    """What lies in a folder; `layout` is what reads it, `skipped` says what is wrong with each image left out."""

    folder: Path
    layout: Layout
    labels: tuple[str, ...]
    images: tuple[StoredImage, ...]
    skipped: tuple[str, ...]


def read_contents(folder: Path, *, strict: bool = False) -> Contents:
    """Look through a folder.

    Raises:
        DataError: its layout is none of these, or masks are of other sizes.
        ImageError: an image is damaged, and `strict`.
    """
    if not is_folder(folder):
        raise DataError(f"there is no folder {folder}; check the path (it was looked up in {Path.cwd()}).")
    layout = next((reader for reader in LAYOUTS if reader is opener(folder)), None)
    if layout is None:
        raise DataError(
            f"{folder} holds {_kind(opener(folder))} and stays as it is: take it with --data {folder}. "
            f"Split or cut are {', '.join(LAYOUTS.values())}."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged files of every split are listed below
        data = layout(str(folder), "test", ratio=(0, 0, 1))
    for _, item in data.stored_items:
        if not is_text(item.path):
            raise DataError(
                f"{item.path} is no name in UTF-8, so no table can list it. Rename such files and "
                f"folders, for example: convmv -f latin1 -t utf8 -r --notest {folder}"
            )
    images, skipped = [], []
    for number, (split, item) in enumerate(data.stored_items):
        try:
            images.append(StoredImage(split, item, upright_size(item.path), number))
        except ImageError as error:
            if strict:
                raise
            skipped.append(str(error))
    check_sizes([(image.item.name, image.item.mask, image.size) for image in images if image.item.mask is not None])
    return Contents(folder, layout, data.labels, tuple(images), tuple(skipped))


def _kind(reader: Callable[..., DataSet]) -> str:
    """What lies in a folder that is neither split nor cut."""
    if reader in OTHERS:
        return OTHERS[reader]
    return f"{reader.__name__.removesuffix('_folder')} files, not a file an image,"
