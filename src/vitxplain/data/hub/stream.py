"""Data sets of the Hub read as they arrive, without being stored.

A stream can only go forward. So the set says `in_order`: samples are asked for by rising index, as training, testing
and showing do, and `during` shuffles: shards, and a window of a thousand samples. Each epoch has its own order, the
same in every run. Jumping ahead (a resumed run) reads over what lies between; jumping back is an error, not a crawl.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from inspect import signature
from typing import Any, Final

from vitxplain.data.hub.columns import RowReader
from vitxplain.data.sample import DataSet, Sample, Split
from vitxplain.data.splits.ratio import SPLITS, Ratio
from vitxplain.errors import DataError

WINDOW: Final = 1_000  # samples held undecoded while shuffling
SHARDS: Final = "max_buffer_input_shards"


class _Cursor:
    """Where in the stream the next row is; a copy in another process starts afresh."""

    def __init__(self) -> None:
        self.rows: Iterator[Any] | None = None
        self.next = 0
        self.row: Any = None

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return _Cursor, ()

    def go_to(self, index: int, stream: Any, name: str) -> Any:
        """The row; DataError where it lies behind."""
        if self.rows is not None and index == self.next - 1:
            return self.row
        if self.rows is None or index == 0:
            self.rows, self.next = iter(stream.skip(index)), index
        if index < self.next:
            raise DataError(
                f"{name} is streamed and cannot go back from image {self.next - 1} to {index}; to read it in any "
                "order, store it with -o data.streaming=no."
            )
        while self.next <= index:
            self.row = next(self.rows, None)
            if self.row is None:
                raise DataError(f"the stream of {name} ended after {self.next} images; give -o data.count={self.next}.")
            self.next += 1
        return self.row


@dataclass(frozen=True, eq=False)
class StreamedImages(DataSet):
    """Rows as they arrive."""

    name: str
    split: Split
    labels: tuple[str, ...] = field(repr=False)
    stream: Any = field(repr=False)  # datasets.IterableDataset, its images not decoded
    count: int
    reader: RowReader = field(repr=False)
    seed: int = 0
    has_masks: bool = False
    notes: tuple[str, ...] = ()
    strict: bool = False
    shuffled: Any = field(default=None, repr=False)
    cursor: _Cursor = field(default_factory=_Cursor, repr=False)

    in_order = True

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(f"{self.name} has {len(self)} images; there is no image {index}.")
        row = self.cursor.go_to(index, self.shuffled or self.stream, self.name)
        if index == len(self) - 1:
            self.cursor.rows = None  # readers left open complain when Python ends
        return self.reader.sample(row, f"{self.name}/{self.split}/{index:06d}")

    def during(self, epoch: int, progress: float) -> "StreamedImages":
        # Newer releases fill the window from several shards by threads, whose order no seed fixes.
        one_by_one = {SHARDS: 1} if SHARDS in signature(self.stream.shuffle).parameters else {}
        stream = self.stream.shuffle(seed=self.seed * 1_000_003 + epoch, buffer_size=WINDOW, **one_by_one)
        return replace(self, shuffled=stream, cursor=_Cursor())


@dataclass(frozen=True)
class RowFilter:
    """Whether a row of a stream is in a split: by its number, since nothing else of it is known beforehand."""

    split: Split
    ratio: Ratio
    seed: int

    def __call__(self, _row: Any, number: int) -> bool:
        draw = int.from_bytes(sha256(f"{self.seed}:{number}".encode()).digest()[:6], "big") / 2**48 * sum(self.ratio)
        ends = [sum(self.ratio[: position + 1]) for position in range(3)]
        return SPLITS[next((position for position, end in enumerate(ends) if draw < end), 2)] == self.split
