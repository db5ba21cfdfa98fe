"""A folder with a table of its images: `labels.csv` or `index.json`."""

import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from vitxplain.data.folders.disk_images import DiskImages, Item, disk_images
from vitxplain.data.folders.image_folder import class_order
from vitxplain.data.folders.mask_files import MaskFile
from vitxplain.data.sample import Split
from vitxplain.data.splits.ratio import DEFAULT, Ratio
from vitxplain.data.splits.stored import split_of
from vitxplain.errors import DataError, OptionError
from vitxplain.escape import utf8
from vitxplain.files.documents import read_json, read_lines, read_table
from vitxplain.files.paths import is_file
from vitxplain.files.reading import reading, shortened
from vitxplain.files.tables import csv_bytes

TABLES: Final = ("labels.csv", "index.json")
IMAGE: Final = ("image", "file", "filename", "file_name", "path")
MOST_LETTERS: Final = 1000  # of a name, a path or a label
LABEL: Final = ("label", "class", "object", "category", "name")


def table_folder(
    folder: str,
    split: Split = "test",
    seed: int = 0,
    ratio: Ratio = DEFAULT,
    strict: bool = False,
    label: str | None = None,
) -> DiskImages:
    """One image a row: image, label and, where there are such columns, mask and split; paths are below the folder.

    `label` is the column of the label; else it is the first of label, class, object, category, name. A file
    `classes.txt` beside the table, a name a line, gives the classes their order; labels may then be numbers, from 0.

    A sample is called like its image; of an image in several rows, as of several objects, the later ones get a number.

    Raises:
        DataError: the table cannot be read, names a file that is not there, or a label that is none of the classes.
        OptionError: there is no such column.
    """
    root = Path(folder)
    table = _table(root)
    rows = _rows(table)
    image_column = _column(table, rows[0], IMAGE, None)
    label_column = _column(table, rows[0], LABEL, label)
    words = [_cell(table, number, row, label_column) for number, row in enumerate(rows, 1)]
    named = _classes(root)
    labels = named or class_order(words)
    numbers = {label: number for number, label in enumerate(labels)}
    images = [_cell(table, number, row, image_column) for number, row in enumerate(rows, 1)]
    items: list[tuple[Split | None, Item]] = []
    for number, (row, word, image, name) in enumerate(zip(rows, words, images, _numbered(images), strict=True), 1):
        if named and word.isdecimal() and word not in numbers and int(word) < len(named):
            word = named[int(word)]
        if word not in numbers or not word or (word.startswith("-") and word[1:].isdecimal()):
            classes = f"the classes are 0 to {len(named) - 1} ({_some(named)})" if named else "labels count from 0"
            raise DataError(f"{table}, image {number}: the label {word!r} is out of range; {classes}.")
        path = _file(table, root, number, image)
        mask = _cell(table, number, row, "mask")
        marked = MaskFile(_file(table, root, number, mask)) if mask else None
        items.append((_split(table, number, row), Item(path, name, numbers[word], marked)))
    return disk_images(folder, labels, items, split=split, seed=seed, ratio=ratio, strict=strict)


def write_split_table(folder: Path, where: Path, splits: Mapping[int, Split]) -> None:
    """The table of a folder with these of its rows, by number, and their splits; classes.txt beside it."""
    table = _table(folder)
    rows = [{**row, "split": splits[number]} for number, row in enumerate(_rows(table)) if number in splits]
    if table.suffix == ".json":
        content = utf8(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        cells = ([row.get(column, "") for column in rows[0]] for row in rows)
        content = csv_bytes(rows[0], cells, line_end="\r\n", as_is=True)
    (where / table.name).write_bytes(content)
    if is_file(order := folder / "classes.txt"):
        shutil.copyfile(order, where / order.name)


def _table(root: Path) -> Path:
    return next(root / name for name in TABLES if is_file(root / name))


def _rows(table: Path) -> Sequence[Mapping[str, Any]]:
    with reading(table, "a table of images", "write one row for each image"):
        rows = read_json(table) if table.suffix == ".json" else read_table(table)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{table} holds no rows; write one for each image, as image,label.")
    return rows


def _classes(root: Path) -> list[str]:
    file = root / "classes.txt"
    if not is_file(file):
        return []
    with reading(file, "a list of classes", "write the name of one in each line"):
        names = read_lines(file)
        if twins := [name for name, count in Counter(names).items() if count > 1]:
            raise ValueError(f"it names {shortened(twins[0])} twice")
    return names


def _cell(table: Path, number: int, row: Mapping[str, Any], column: str) -> str:
    """The text in a column of a row, or "" where there is none.

    Raises:
        DataError: it is no text or number, or longer than names are.
    """
    value = row.get(column)
    text = "" if value is None else str(value).strip()
    if isinstance(value, list | dict | bool):
        raise DataError(f"{table}, image {number}: {column} is {shortened(text)}; write a text or a number there.")
    if len(text) > MOST_LETTERS:
        raise DataError(f"{table}, image {number}: {column} has {len(text):,} letters; {MOST_LETTERS:,} are plenty.")
    return text


def _column(table: Path, row: Mapping[str, Any], usual: Sequence[str], column: str | None) -> str:
    if column is not None:
        if column not in row:
            raise OptionError(f"{table} has no column {column!r}, only {', '.join(row)}.")
        return column
    if usual_column := next((word for word in usual if word in row), None):
        return usual_column
    raise DataError(f"{table} has none of the columns {', '.join(usual)}, only {', '.join(row)}; rename one of them.")


def _numbered(images: Sequence[str]) -> list[str]:
    """Names that differ: IMAGE, and "IMAGE (2)" for its second row."""
    counts: Counter[str] = Counter()
    names = []
    for image in images:
        counts[image] += 1
        names.append(image if counts[image] == 1 else f"{image} ({counts[image]})")
    return names


def _file(table: Path, root: Path, number: int, name: str) -> Path:
    path = root / name
    if not name or not is_file(path):
        raise DataError(f"{table}, image {number}: there is no file {path}.")
    return path


def _split(table: Path, number: int, row: Mapping[str, Any]) -> Split | None:
    if not (word := _cell(table, number, row, "split")):
        return None
    if kind := split_of(word):
        return kind
    raise DataError(f"{table}, image {number}: {word!r} is no split; write train, validation or test.")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:20]) + (f" and {len(names) - 20:,} more" if len(names) > 20 else "")
