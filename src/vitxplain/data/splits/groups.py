"""Which images of a folder were made from one and the same, so that no split tears them apart."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from vitxplain.data.sample import Split
from vitxplain.data.splits.ratio import Ratio, draw_splits
from vitxplain.escape import from_csv_cell
from vitxplain.files.documents import read_table
from vitxplain.files.paths import is_file
from vitxplain.files.reading import reading

TILES: Final = "tiles.csv"  # of `vitx data tile`: which tiles were cut from one image
RECORD: Final = "split.csv"  # of `vitx data split`: the same of what it put into splits


def sources_of(folder: Path, files: Sequence[Path]) -> list[str]:
    """What each image was made from: the image its tile was cut from, else its own path without ending.

    Raises:
        DataError: a table of the folder, which says so, cannot be read.
    """
    sources = _read(folder / TILES, lambda row: [row["tile"]])
    sources |= _read(folder / RECORD, lambda row: [f"{row['split']}/{row['file']}", f"JPEGImages/{row['file']}"])
    names = [(file.relative_to(folder) if file.is_relative_to(folder) else file).as_posix() for file in files]
    return [sources.get(name) or PurePosixPath(name).with_suffix("").as_posix() for name in names]


def draw_splits_by_source(
    names: Sequence[str], classes: Sequence[Any], sources: Sequence[str], ratio: Ratio, seed: int
) -> list[Split]:
    """The split of each image; those of one source are drawn as one, by the name of the first.

    A source whose images are of several classes is drawn among the sources of the same classes.
    """
    groups: dict[str, list[int]] = {}
    for index, source in enumerate(sources):
        groups.setdefault(source, []).append(index)
    members = list(groups.values())
    group_classes = [tuple(sorted({classes[index] for index in indices})) for indices in members]
    group_splits = draw_splits(
        [names[indices[0]] for indices in members],
        [kinds[0] if len(kinds) == 1 else kinds for kinds in group_classes],
        ratio,
        seed,
    )
    splits: list[Split] = ["train"] * len(names)
    for split, indices in zip(group_splits, members, strict=True):
        for index in indices:
            splits[index] = split
    return splits


def _read(table: Path, keys: Callable[[Mapping[str, str]], list[str]]) -> dict[str, str]:
    if not is_file(table):
        return {}
    advice = "without it tiles of one image might be torn apart: make it again or remove it"
    with reading(table, "a table of tiles", advice):
        rows = [{name: from_csv_cell(cell) for name, cell in row.items()} for row in read_table(table)]
        return {key: row["source"] for row in rows for key in keys(row)}
