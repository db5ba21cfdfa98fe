"""A folder of images shared out into train, validation and test, as a new folder."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from vitxplain.data.folders.table_folder import table_folder, write_split_table
from vitxplain.data.folders.voc import voc
from vitxplain.data.folders.voc_lists import LISTS
from vitxplain.data.sample import Split
from vitxplain.data.splits.groups import RECORD, draw_splits_by_source, sources_of
from vitxplain.data.splits.ratio import DEFAULT, SPLITS, Ratio, fractions
from vitxplain.data.tools.contents import Contents, StoredImage, read_contents
from vitxplain.errors import DataError
from vitxplain.escape import utf8
from vitxplain.files.new_folder import new_folder
from vitxplain.files.paths import exists, is_file, real_path
from vitxplain.files.tables import csv_bytes

LISTED: Final = (voc, table_folder)  # their own files say which image is in which split
ANNOTATIONS: Final = {"Annotations": ".xml", "SegmentationObject": ".png", "SegmentationClass": ".png"}


@dataclass(frozen=True)
class SplitFolder:
    """The result: how many images of each class in each split, and what was left out."""

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
    contents = read_contents(folder, strict=strict)
    if stored := sorted({image.split for image in contents.images if image.split}, key=SPLITS.index):
        raise DataError(f"{folder} is split already: it has {' and '.join(stored)}. Use it as it is.")
    names, classes = [image.item.name for image in contents.images], [image.item.label for image in contents.images]
    sources = sources_of(folder, [image.item.path for image in contents.images])
    kinds = draw_splits_by_source(names, classes, sources, ratio, seed)  # as load_data draws
    counts: dict[Split, list[int]] = {kind: [0] * len(contents.labels) for kind in SPLITS}
    put = _link if link else shutil.copy2
    with new_folder(out, mark=RECORD, source=folder, overwrite=overwrite) as aside:
        rows = []
        for image, kind, source in zip(contents.images, kinds, sources, strict=True):
            counts[kind][image.item.label] += 1
            _put(_files(contents, image), aside / ("" if contents.layout in LISTED else kind), put)
            rows.append((image.item.name, kind, contents.labels[image.item.label], source))
        if contents.layout is voc:
            _write_lists(aside, rows)
        if contents.layout is table_folder:
            write_split_table(folder, aside, dict(zip((image.number for image in contents.images), kinds, strict=True)))
        (aside / RECORD).write_bytes(csv_bytes(("file", "split", "class", "source"), rows, line_end="\r\n"))
    together = sum(count for count in Counter(sources).values() if count > 1)
    return SplitFolder(out, contents.labels, counts, together, contents.skipped)


def _files(contents: Contents, image: StoredImage) -> list[tuple[Path, str]]:
    """The image, its mask and annotations, each with its path below the folder."""
    files = [image.item.path]
    if contents.layout is voc:
        key = PurePosixPath(image.item.name).with_suffix("")
        beside = (contents.folder / beside_folder / f"{key}{ending}" for beside_folder, ending in ANNOTATIONS.items())
        files += [file for file in beside if is_file(file)]
    elif image.item.mask is not None and image.item.mask.path is not None:
        files.append(image.item.mask.path)
    for file in files:
        if not file.is_relative_to(contents.folder) or ".." in file.relative_to(contents.folder).parts:
            raise DataError(f"{file} lies outside {contents.folder}, so it has no place in a copy; move it there.")
    return [(file, file.relative_to(contents.folder).as_posix()) for file in files]


def _put(files: Iterable[tuple[Path, str]], where: Path, put: Callable[[Path, Path], object]) -> None:
    for file, path in files:
        if not exists(where / path):  # rows of a table may share an image
            (where / path).parent.mkdir(parents=True, exist_ok=True)
            put(file, where / path)


def _link(file: Path, link: Path) -> None:
    link.symlink_to(real_path(file))


def _write_lists(where: Path, rows: Sequence[tuple[str, Split, str, str]]) -> None:
    lists = where / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    for word, kind in LISTS.items():
        names = [str(PurePosixPath(name).with_suffix("")) for name, split, _, _ in rows if split == kind]
        (lists / f"{word}.txt").write_bytes(utf8("".join(f"{name}\n" for name in names)))
