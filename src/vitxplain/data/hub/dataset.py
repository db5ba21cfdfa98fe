"""Any image data set that `datasets` can open: of the Hub, or parquet files in a folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from vitxplain.data.folders.image_folder import class_order
from vitxplain.data.hub.access import HubData, look_up
from vitxplain.data.hub.columns import RowReader, find_columns
from vitxplain.data.hub.stream import RowFilter, StreamedImages
from vitxplain.data.sample import DataSet, Sample, Split
from vitxplain.data.splits.ratio import DEFAULT, Ratio
from vitxplain.data.splits.stored import Part, part_of, split_indices, split_of
from vitxplain.data.subset import spread
from vitxplain.errors import DataError

LARGE_BYTES: Final = 2 * 1024**3  # beyond this a set is streamed, where the user does not say


@dataclass(frozen=True, eq=False)
class HubImages(DataSet):
    """Stored rows by index, decoded when asked for."""

    name: str
    split: Split
    labels: tuple[str, ...] = field(repr=False)
    rows: Any = field(repr=False)  # datasets.Dataset, its images not decoded
    indices: Sequence[int] = field(repr=False)
    reader: RowReader = field(repr=False)
    has_masks: bool = False
    notes: tuple[str, ...] = ()
    strict: bool = False

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(f"{self.name} has {len(self)} images; there is no image {index}.")
        return self.reader.sample(self.rows[int(self.indices[index])], f"{self.name}/{self.split}/{index:06d}")


def hub_images(
    repo_id: str,
    split: Split = "test",
    seed: int = 0,
    image: str | None = None,
    label: str | None = None,
    mask: str | None = None,
    threshold: int | None = None,
    ratio: Ratio = DEFAULT,
    streaming: Literal["auto", "yes", "no"] = "auto",
    count: int | None = None,
    config: str | None = None,
    revision: str | None = None,
    strict: bool = False,
) -> DataSet:
    """A data set of the Hub, at the commit `revision` points to.

    `image`, `label` and `mask` are columns, found by their types where not said; pixels of a mask that are not zero are
    the object, or, with `threshold`, pixels of the image that are brighter. `streaming` reads rows as they arrive,
    without storing them; "auto" does from 2 GiB on. `count` takes so many.

    Raises:
        DataError: there is no such set, nobody answers, or it is no set of labelled images.
        OptionError: a column is not there.
    """
    hub = look_up(repo_id, revision)
    large = streaming == "yes" or (streaming == "auto" and hub.size > LARGE_BYTES)
    stored = hub.open(config, streaming=large and hub.commit is not None)
    roles = {"image": image, "label": label, "mask": mask}
    notes = (f"the Hub did not answer; the copy of {repo_id} in the cache is used.",) if hub.trouble else ()
    return _select(repo_id, stored, split, seed, roles, threshold, ratio, count, strict, notes)


def parquet_folder(
    folder: str,
    split: Split = "test",
    seed: int = 0,
    image: str | None = None,
    label: str | None = None,
    mask: str | None = None,
    threshold: int | None = None,
    ratio: Ratio = DEFAULT,
    streaming: Literal["yes", "no"] = "no",
    count: int | None = None,
    strict: bool = False,
) -> DataSet:
    """A folder of parquet files as the Hub has them: a copy of one of its data sets. Options as of hub_images."""
    stored = HubData(folder, "here").open(None, streaming=streaming == "yes")
    roles = {"image": image, "label": label, "mask": mask}
    return _select(folder, stored, split, seed, roles, threshold, ratio, count, strict)


def _select(
    name: str,
    stored: Any,
    split: Split,
    seed: int,
    roles: Mapping[str, str | None],
    threshold: int | None,
    ratio: Ratio,
    count: int | None,
    strict: bool,
    notes: tuple[str, ...] = (),
) -> DataSet:
    """The wanted split of a data set by splits."""
    from datasets import Image, IterableDataset

    splits = _splits(name, list(stored))
    part = part_of(name, splits, split, ratio, seed)
    rows = stored[splits[part.stored]]
    if rows.features is None:
        raise DataError(f"the columns of {name} are not known before it is read; store it with -o data.streaming=no.")
    columns = find_columns(name, rows.features, **roles)
    streamed = isinstance(rows, IterableDataset)
    labels = columns.words or _class_names(name, [stored[word] for word in splits.values()], columns.label, streamed)
    reader = RowReader(name, columns, labels, threshold)
    used = [column for column in (columns.image, columns.label, columns.mask) if column is not None]
    rows = rows.select_columns(used)
    for picture in {columns.image, columns.mask} - {None}:
        rows = rows.cast_column(picture, Image(decode=False))  # decoded by read_image: upright, errors in our words
    notes = (*notes, part.note) if part.note else notes
    if streamed:
        return _streamed(rows, splits[part.stored], part, split, seed, reader, count, notes, strict)
    words = rows[columns.label][:]
    for number, word in enumerate(words):
        reader.label(word, f"image {number}")
    indices = split_indices(part, split, [f"{number:09d}" for number in range(len(words))], words, seed)
    data = HubImages(name, split, labels, rows, indices, reader, reader.has_masks, notes, strict)
    return data if count is None or count >= len(data) else spread(data, count)


def _splits(name: str, words: list[str]) -> dict[Split, str]:
    """The stored word of each split; a set of one split of any name is all train."""
    if splits := {kind: word for word in words if (kind := split_of(word))}:
        return splits
    if len(words) == 1:
        return {"train": words[0]}
    raise DataError(f"{name} has the splits {', '.join(words)}, none of which is train, validation or test.")


def _class_names(name: str, stored: list[Any], label: str, streamed: bool) -> tuple[str, ...]:
    """Class names of a column of texts or numbers: the values that occur, in any split."""
    if streamed:
        raise DataError(
            f"the classes of {name} are the values of its column {label!r}, known only when all is read; store it with "
            "-o data.streaming=no."
        )
    return tuple(class_order(str(value) for rows in stored for value in rows.unique(label)))


def _streamed(
    rows: Any,
    word: str,
    part: Part,
    split: Split,
    seed: int,
    reader: RowReader,
    count: int | None,
    notes: tuple[str, ...],
    strict: bool,
) -> StreamedImages:
    """The stream; training needs to know how long it is."""
    info = (rows.info.splits or {}).get(word)
    total = info.num_examples if info else None
    if part.ratio is not None:
        row_filter = RowFilter(split, part.ratio, seed)
        rows = rows.filter(row_filter, with_indices=True, input_columns=[reader.columns.label])
        total = None if total is None else sum(row_filter(None, number) for number in range(total))
    if total is None and count is None:
        raise DataError(
            f"how many images the {split} split of {reader.name} has is not known before it is read, and training "
            "needs it; say how many to take with -o data.count=N, or store it with -o data.streaming=no."
        )
    length = min(limit for limit in (total, count) if limit is not None)
    return StreamedImages(
        reader.name, split, reader.labels, rows, length, reader, seed, reader.has_masks, notes, strict
    )
