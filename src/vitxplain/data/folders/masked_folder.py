"""Images with masks: `images/` and `masks/`, with class folders, or good and defect by what the mask says."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from vitxplain.data.folders.disk_images import DiskImages, Item, disk_images
from vitxplain.data.folders.image_folder import check_classes, class_order
from vitxplain.data.folders.mask_files import MaskFile, mask_values
from vitxplain.data.sample import Split
from vitxplain.data.splits.ratio import DEFAULT, Ratio
from vitxplain.data.splits.stored import split_of
from vitxplain.errors import DataError
from vitxplain.files.walk import image_files

IMAGES, MASKS = "images", "masks"
GOOD, DEFECT = "good", "defect"


class Entry(NamedTuple):
    """An image or mask; `key` is the same for both: its path without `images`, `masks` and ending."""

    path: str
    key: str
    split: Split | None
    word: str  # the class folder, or ""


def masked_folder(
    folder: str, split: Split = "test", seed: int = 0, ratio: Ratio = DEFAULT, strict: bool = False
) -> DiskImages:
    """`FOLDER/images/[SPLIT/][CLASS/]NAME.jpg` with `FOLDER/masks/` alike; SPLIT may stand before `images` too.

    A mask has its image's name (or NAME_mask), is not zero on the object, and of the image's size. In class folders an
    image without a mask is one whose object's place is not known. Without class folders an image is good or defect by
    whether its mask is empty, and one without a mask is good. Where some lie in two class folders or more, the others
    are left out.

    Raises:
        DataError: no images, no masks, masks without images, masks of other sizes, or an empty class folder.
        ImageError: an image is damaged, and `strict`.
    """
    root = Path(folder)
    files = image_files(root)
    images = entries(files, IMAGES)
    masks = {entry.key.removesuffix("_mask"): root / entry.path for entry in entries(files, MASKS)}
    if not images or not masks:
        raise DataError(f"{folder} has no images in its folder {MASKS if images else IMAGES}/; put them there.")
    keys = {entry.key for entry in images}
    if orphans := [path for key, path in masks.items() if key not in keys]:
        more = f" (and {len(orphans) - 1} more)" if len(orphans) > 1 else ""
        raise DataError(f"the mask {orphans[0]}{more} has no image of its name in {IMAGES}/; rename or remove it.")
    with_classes = all(entry.word for entry in images) or len({entry.word for entry in images} - {""}) > 1
    notes = _left_out(folder, files, images, with_classes)
    images = [entry for entry in images if entry.word or not with_classes]
    mask_paths = [masks.get(entry.key) for entry in images]
    words = [entry.word for entry in images] if with_classes else _good_or_defect(mask_paths)
    labels = class_order(words) if with_classes else [GOOD, DEFECT]
    if with_classes:
        check_classes(root, labels, sorted({root / entry.path.split(f"/{entry.word}/")[0] for entry in images}))
    numbers = {label: number for number, label in enumerate(labels)}
    rows = []
    for entry, path, word in zip(images, mask_paths, words, strict=True):
        mask = None if path is None and with_classes else MaskFile(path)
        rows.append((entry.split, Item(root / entry.path, entry.path, numbers[word], mask)))
    if not with_classes and GOOD not in words:
        notes.append(
            f"{IMAGES}/ of {folder} has no folders of classes, so the mask of an image says its class: every one marks "
            f"something, which makes all of them {DEFECT}."
        )
    if bare := mask_paths.count(None):
        notes.append(f"{bare} images of {folder} have no mask: {'unknown' if with_classes else 'taken as good'}.")
    return disk_images(folder, labels, rows, split=split, seed=seed, ratio=ratio, strict=strict, notes=notes)


def _left_out(folder: str, files: Sequence[str], images: Sequence[Entry], with_classes: bool) -> list[str]:
    """What is in the folder and not in the data, in sentences."""
    loose = sum(not entry.word for entry in images) if with_classes else 0
    beside = len(files) - len(images) - len(entries(files, MASKS))
    notes = [f"{loose} images of {folder} lie in no class folder of {IMAGES}/ and are left out."] if loose else []
    if beside:
        notes.append(f"{beside} images of {folder} lie neither in {IMAGES}/ nor in {MASKS}/ and are left out.")
    return notes


def entries(files: Sequence[str], kind: str) -> list[Entry]:
    """The files below `kind`, whether it stands first or after a split."""
    entries = []
    for path in files:
        *parts, _ = path.split("/")
        if kind not in parts[:1] and not (kind in parts[1:2] and split_of(parts[0])):
            continue
        parts.remove(kind)
        split = split_of(parts[0]) if parts else None
        word = next(iter(parts[1:] if split else parts), "")
        key = PurePosixPath(*parts, PurePosixPath(path).stem).as_posix()
        entries.append(Entry(path, key, split, word))
    return entries


def _good_or_defect(masks: Sequence[Path | None]) -> list[str]:
    """The class each mask says; all are decoded for it, side by side."""
    with ThreadPoolExecutor() as pool:
        marked = pool.map(lambda path: path is not None and bool(mask_values(path).any()), masks)
        return [DEFECT if has_object else GOOD for has_object in marked]
