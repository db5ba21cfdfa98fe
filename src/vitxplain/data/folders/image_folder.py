"""An image folder: a folder a class, in split folders or not."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from vitxplain.data.folders.disk_images import DiskImages, Item, disk_images
from vitxplain.data.sample import Split
from vitxplain.data.splits.ratio import DEFAULT, Ratio
from vitxplain.data.splits.stored import split_of
from vitxplain.errors import DataError
from vitxplain.files.walk import folders_in, image_files, plain

LONG: Final = 1000  # digits; a name of so many is no number, and Python refuses to read one of a few times as many


def image_folder(
    folder: str, split: Split = "test", seed: int = 0, ratio: Ratio = DEFAULT, strict: bool = False
) -> DiskImages:
    """`FOLDER/CLASS/**/IMAGE`, or `FOLDER/SPLIT/CLASS/**/IMAGE`; classes are sorted by name.

    Raises:
        DataError: there are no images, no class folders, an empty one, or two that differ in case only.
        ImageError: an image is damaged, and `strict`.
    """
    root = Path(folder)
    files = image_files(root)
    if not files:
        raise DataError(f"{folder} holds no images; an image folder has a folder of images for each class.")
    splits = _split_folders(files)
    placed = [(splits.get(path.split("/")[0]), path) for path in files]
    words = [_class_of(path, 1 if stored else 0) for stored, path in placed]
    loose = words.count("")
    if loose == len(files):
        raise DataError(
            f"the {len(files)} images of {folder} lie in no class folder; put those of each class into a folder of "
            f"its name, as {folder}/cats/1.jpg. (To explain images without classes: vitx explain {folder})"
        )
    labels = class_order(word for word in words if word)
    numbers = {label: number for number, label in enumerate(labels)}
    check_classes(root, labels, [root / name for name in splits] or [root])
    notes = [f"{loose} images of {folder} lie in no class folder and are left out."] if loose else []
    rows = [
        (kind, Item(root / path, path, numbers[word])) for (kind, path), word in zip(placed, words, strict=True) if word
    ]
    return disk_images(folder, labels, rows, split=split, seed=seed, ratio=ratio, strict=strict, notes=notes)


def class_order(words: Iterable[str]) -> list[str]:
    """Class names in the order of their labels: sorted, numbers by value."""
    names = sorted(set(words), key=plain)
    return sorted(names, key=int) if all(name.isdecimal() and len(name) < LONG for name in names) else names


def _split_folders(files: Iterable[str]) -> dict[str, Split]:
    """Folders that hold splits: they are if all folders have such names; `train` beside `bus` is a class."""
    tops = {path.split("/")[0] for path in files if "/" in path}
    kinds = {top: split_of(top) for top in tops}
    deep = any(path.count("/") > 1 for path in files)
    return {top: kind for top, kind in kinds.items() if kind} if deep and all(kinds.values()) else {}


def _class_of(path: str, depth: int) -> str:
    """The class folder of an image, or "" where it lies outside any."""
    parts = path.split("/")
    return parts[depth] if len(parts) > depth + 1 else ""


def check_classes(root: Path, labels: Sequence[str], parents: Iterable[Path]) -> None:
    """Look at the class folders directly in `parents`.

    Raises:
        DataError: one is empty, or two differ in case only.
    """
    twins = [name for name, count in Counter(plain(label).casefold() for label in labels).items() if count > 1]
    if twins:
        both = " and ".join(label for label in labels if plain(label).casefold() == twins[0])
        raise DataError(f"{root} has the class folders {both}, which differ in case only; rename or merge them.")
    classes = set(labels)
    for parent in parents:
        for name in folders_in(parent):
            if name not in classes and not (parent == root and split_of(name)):
                raise DataError(f"the class folder {parent / name} holds no images; add some, or remove it.")
