"""Some samples of a data set: by index, or spread over it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from vitxplain.data.sample import DataSet, Sample, Split

GOLDEN = 0.6180339887498949  # its multiples, modulo 1, fall evenly whatever the period of the classes


@dataclass(frozen=True, eq=False)
class Subset(DataSet):
    """The samples of `data` at `indices`."""

    data: DataSet
    indices: Sequence[int] = field(repr=False)
    name: str
    split: Split
    labels: tuple[str, ...] = field(repr=False)
    has_masks: bool = False
    notes: tuple[str, ...] = ()
    strict: bool = False
    in_order: bool = False
    object_labels: tuple[str, ...] = field(default=(), repr=False)
    map_labels: tuple[str, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Sample:
        if not 0 <= index < len(self):
            raise IndexError(f"{self.name} has {len(self)} images here; there is no image {index}.")
        return self.data[self.indices[index]]

    def without_map(self) -> frozenset[int] | None:
        of_all = self.data.without_map()
        return of_all and frozenset(position for position, index in enumerate(self.indices) if index in of_all)

    def during(self, epoch: int, progress: float) -> DataSet:
        return replace(self, data=self.data.during(epoch, progress))


def select(data: DataSet, indices: Sequence[int]) -> Subset:
    """The samples of a set at these indices, in this order."""
    return Subset(
        data,
        indices,
        data.name,
        data.split,
        data.labels,
        data.has_masks,
        data.notes,
        data.strict,
        data.in_order,
        data.object_labels,
        data.map_labels,
    )


def spread(data: DataSet, count: int) -> DataSet:
    """So many samples, one of each of `count` equal stretches of the set: of a set sorted by class, every class gets
    its share; and as the place within the stretch changes, so it does of a set whose classes come in turn.

    A set that is read in order gives its first ones, as reaching the last would mean reading all.
    """
    return select(data, range(count) if data.in_order else _spread(len(data), count))


def _spread(whole: int, count: int) -> list[int]:
    starts = [index * whole // count for index in range(count + 1)]
    return [start + int(index * GOLDEN % 1 * (end - start)) for index, (start, end) in enumerate(pairwise(starts))]
