"""A folder of images shared out into train, validation and test, as a new folder."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from vitxplain.data.folders.table_folder import table_folder, write_split_table
from vitxplain.data.folders.voc import LISTS, voc
from vitxplain.data.sample import Split
from vitxplain.data.splits.groups import RECORD, shared_out_together, sources_of
from vitxplain.data.splits.ratio import DEFAULT, SPLITS, Ratio, fractions
from vitxplain.data.tools.contents import Contents, Stored, contents
from vitxplain.errors import DataError
from vitxplain.files.new_folder import new_folder
from vitxplain.files.tables import csv_bytes

LISTED: Final = (voc, table_folder)  # their own files say which image is in which split
ANNOTATIONS: Final = {"Annotations": ".xml", "SegmentationObject": ".png", "SegmentationClass": ".png"}


@dataclass(frozen=True)
class SplitFolder:
    """What came of it: how many images of each class in each split, and what was left out."""

    folder: Path
    labels: tuple[str, ...]
    counts: dict[Split, list[int]]  # by label
    together: int  # images that share their split with another because both come from one source
    skipped: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        """Classes without an image in one of the splits that have any."""
        filled = [counts for counts in self.counts.values() if any(counts)]
        return [name for label, name in enumerate(self.labels) if not all(counts[label] for counts in filled)]


def split_folder(
    folder: Path,
    out: Path,
    ratio: Ratio = DEFAULT,
    seed: int = 0,
    *,
    link: bool = False,
    overwrite: bool = False,
    strict: bool = False,
) -> SplitFolder:
    """Copy every image, with its mask and annotation, into its split; each class is shared out by itself.

    Images of one name (`a.png`, `a.jpg`) and tiles of one image go together. Class folders become SPLIT/CLASS, images
    and masks SPLIT/images and SPLIT/masks; a Pascal-VOC folder stays as it is and gets its lists in ImageSets/Main, a
    folder with a table gets a column `split` there.
    `link` makes symbolic links to the files; `overwrite` replaces a folder that an earlier call made.

    Raises:
        DataError: the folder cannot be used, or is split already.
        OptionError: the ratio is none.
        OutputError: `out` is in the way or cannot be written.
    """
    fractions(ratio)
    found = contents(folder, strict=strict)
    if stored := sorted({one.split for one in found.images if one.split}, key=SPLITS.index):
        raise DataError(f"{folder} is split already: it has {' and '.join(stored)}. Use it as it is.")
    names, classes = [one.item.name for one in found.images], [one.item.label for one in found.images]
    sources = sources_of(folder, [one.item.path for one in found.images])
    kinds = shared_out_together(names, classes, sources, ratio, seed)  # as load_data draws
    counts: dict[Split, list[int]] = {kind: [0] * len(found.labels) for kind in SPLITS}
    put = _link if link else shutil.copy2
    with new_folder(out, mark=RECORD, source=folder, overwrite=overwrite) as aside:
        rows = []
        for one, kind, source in zip(found.images, kinds, sources, strict=True):
            counts[kind][one.item.label] += 1
            _put(_files(found, one), aside / ("" if found.layout in LISTED else kind), put)
            rows.append((one.item.name, kind, found.labels[one.item.label], source))
        if found.layout is voc:
            _write_lists(aside, rows)
        if found.layout is table_folder:
            write_split_table(folder, aside, dict(zip((one.number for one in found.images), kinds, strict=True)))
        (aside / RECORD).write_bytes(csv_bytes(("file", "split", "class", "source"), rows, line_end="\r\n"))
    together = sum(count for count in Counter(sources).values() if count > 1)
    return SplitFolder(out, found.labels, counts, together, found.skipped)


def _files(found: Contents, one: Stored) -> list[tuple[Path, str]]:
    """The image and what belongs to it, each with its place below the folder."""
    files = [one.item.path]
    if found.layout is voc:
        key = PurePosixPath(one.item.name).with_suffix("")
        beside = (found.folder / place / f"{key}{ending}" for place, ending in ANNOTATIONS.items())
        files += [file for file in beside if file.is_file()]
    elif one.item.mask is not None and one.item.mask.path is not None:
        files.append(one.item.mask.path)
    for file in files:
        if not file.is_relative_to(found.folder) or ".." in file.relative_to(found.folder).parts:
            raise DataError(f"{file} lies outside {found.folder}, so it has no place in a copy; move it there.")
    return [(file, file.relative_to(found.folder).as_posix()) for file in files]


def _put(files: Iterable[tuple[Path, str]], where: Path, put: Callable[[Path, Path], object]) -> None:
    for file, place in files:
        if not (where / place).exists():  # rows of a table may share an image
            (where / place).parent.mkdir(parents=True, exist_ok=True)
            put(file, where / place)


def _link(file: Path, place: Path) -> None:
    place.symlink_to(file.resolve())


def _write_lists(where: Path, rows: Sequence[tuple[str, Split, str, str]]) -> None:
    lists = where / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    for word, kind in LISTS.items():
        names = [str(PurePosixPath(name).with_suffix("")) for name, one, _, _ in rows if one == kind]
        (lists / f"{word}.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
