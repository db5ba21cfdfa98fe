"""Images beside maps with the class of each pixel, as a number."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np

from vitxplain.data.folders.class_maps import CLASSES, MOST_CLASSES, ClassMapFile, class_names, class_numbers
from vitxplain.data.folders.class_maps import is_background as is_background
from vitxplain.data.folders.disk_images import DiskImages, Item, disk_images
from vitxplain.data.folders.map_colours import LABEL_MAP, Colours, colours_of
from vitxplain.data.folders.masked_folder import IMAGES, MASKS, entries
from vitxplain.data.folders.voc_lists import read_lists
from vitxplain.data.sample import Split
from vitxplain.data.splits.ratio import DEFAULT, Ratio
from vitxplain.data.splits.stored import split_of
from vitxplain.errors import DataError, OptionError
from vitxplain.files.paths import is_file
from vitxplain.files.walk import files_in, folders_in, image_files

PAIRS: Final = ((IMAGES, "annotations"), (IMAGES, MASKS), ("JPEGImages", "SegmentationClass"))
NO_CLASS: Final = 255


def class_map_folder(
    folder: str,
    split: Split = "test",
    seed: int = 0,
    ratio: Ratio = DEFAULT,
    strict: bool = False,
    unlabelled: int = NO_CLASS,
) -> DiskImages:
    """`FOLDER/images/[SPLIT/]NAME.jpg` with maps `FOLDER/annotations/` (or `masks/`) alike; SPLIT may stand first.

    `JPEGImages/` with `SegmentationClass/` and lists in `ImageSets/Segmentation/` are read as well. `classes.txt` names
    the numbers from 0, a name a line; without it they are their own names. Of maps in colours labelmap.txt says which
    class each is (as CVAT writes it), else they are Pascal VOC's. Pixels of the number `unlabelled` belong to no class;
    where that is 0, names count from 1. The class of an image is that of most of its pixels but a background.

    Raises:
        DataError: no images, no maps, maps without images, of other sizes, or with numbers that have no name.
        ImageError: a map is damaged or in colours, or an image is damaged, and `strict`.
    """
    if not -1 <= unlabelled <= MOST_CLASSES:
        raise OptionError(f"unlabelled is {unlabelled}; it takes the number of pixels without a class, or -1 for none.")
    root = Path(folder)
    pictures, maps = pair_of(root) or PAIRS[0]
    files = image_files(root)
    images = entries(files, pictures)
    map_files = {entry.key.removesuffix("_mask"): root / entry.path for entry in entries(files, maps)}
    if not images or not map_files:
        raise DataError(f"{folder} has no images in its folder {maps if images else pictures}/; put them there.")
    keys = {entry.key for entry in images}
    if orphans := [path for key, path in map_files.items() if key not in keys]:
        more = f" (and {len(orphans) - 1} more)" if len(orphans) > 1 else ""
        raise DataError(f"the map {orphans[0]}{more} has no image of its name in {pictures}/; rename or remove it.")
    colours = colours_of(root)
    counts = _counted(list(map_files.values()), colours, unlabelled)
    labels, numbers = _classes(root, counts, unlabelled)
    splits = read_lists(root, {entry.key for entry in images}, "Segmentation", pictures)
    rows = []
    for entry in images:
        if entry.key not in map_files or (splits and entry.key not in splits):
            continue
        file = map_files[entry.key]
        item = Item(
            root / entry.path,
            entry.path,
            _prevailing(counts[file], numbers, labels),
            class_map=ClassMapFile(file, numbers, colours),
        )
        rows.append((splits.get(entry.key) or entry.split, item))
    notes = []
    if bare := len(keys - map_files.keys()):
        notes.append(f"{bare} images of {folder} have no map in {maps}/ and are left out.")
    return disk_images(
        folder, labels, rows, split=split, seed=seed, ratio=ratio, strict=strict, notes=notes, map_labels=labels
    )


def pair_of(root: Path) -> tuple[str, str] | None:
    """The folders of images and of maps below this one; None where it has none of either.

    `images/` and `masks/` are maps of classes where classes.txt or labelmap.txt names these, and the classes are no
    folders.

    Raises:
        DataError: it cannot be looked into, or `annotations/` holds files of Pascal VOC, which has other folders.
    """
    inside = set(folders_in(root))
    if {IMAGES, "annotations"} <= inside and any(name.endswith(".xml") for name in files_in(root / "annotations")):
        raise DataError(
            f"{root / 'annotations'} holds XML files, as Pascal VOC has them; call the folders as it does: "
            "JPEGImages/ for images/, and Annotations/ for annotations/."
        )
    below = {name: set(folders_in(root / name)) for name in inside if split_of(name)}
    for pair in PAIRS:
        if not any(set(pair) <= names for names in (inside, *below.values())):
            continue
        named = any(is_file(root / name) for name in (CLASSES, LABEL_MAP))
        if pair != (IMAGES, MASKS) or (named and not _class_folders(root, inside, below)):
            return pair
    return None


def _class_folders(root: Path, inside: set[str], below: Mapping[str, set[str]]) -> bool:
    homes = [root / IMAGES] if IMAGES in inside else []
    homes += [root / name / IMAGES for name, names in below.items() if IMAGES in names]
    return any(not split_of(name) for home in homes for name in folders_in(home))


def _counted(files: Sequence[Path], colours: Colours, unlabelled: int) -> dict[Path, Counter[int]]:
    """Pixels by number of each map; all are decoded for it, side by side."""

    def count(file: Path) -> Counter[int]:
        values, counts = np.unique(class_numbers(file, colours), return_counts=True)
        pairs = zip(values.tolist(), counts.tolist(), strict=True)
        return Counter({value: number for value, number in pairs if value != unlabelled})

    with ThreadPoolExecutor() as pool:
        return dict(zip(files, pool.map(count, files), strict=True))


def _classes(root: Path, counts: Mapping[Path, Counter[int]], unlabelled: int) -> tuple[list[str], dict[int, int]]:
    """Names of the classes, and the place of each number of the maps among them."""
    first = 1 if unlabelled == 0 else 0
    names = class_names(root)
    most = max((max(values, default=0) for values in counts.values()), default=0)
    if not names and most < MOST_CLASSES:
        names = [str(number) for number in range(first, most + 1)]
    for file, values in counts.items():
        for value in sorted(values):
            if not first <= value < first + len(names):
                listed = f"{CLASSES} names {first} to {first + len(names) - 1}" if names else "classes count from 0"
                raise DataError(
                    f"the map {file} has {values[value]:,} pixels of number {value}, and {listed}; name it there, or "
                    f"say that it is no class: -o data.unlabelled={value}."
                )
    if len(names) < 2:
        raise DataError(
            f"the maps of {root} hold one class only ({', '.join(names) or 'none'}), apart from {unlabelled}, which is "
            "taken for none; write the number of its class to each pixel, or name another with -o data.unlabelled=-1."
        )
    return names, {first + number: number for number in range(len(names))}


def _prevailing(values: Counter[int], numbers: Mapping[int, int], labels: list[str]) -> int:
    """The class of most pixels but a background, or the first where there is none."""
    pixels = {numbers[value]: count for value, count in values.items()}
    objects = [number for number in pixels if not is_background(labels, number)]
    return max(objects, key=lambda number: pixels[number], default=0)
