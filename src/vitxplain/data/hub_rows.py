"""Data sets of `datasets` that lie on this disk: any row at any time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from vitxplain.data.hub_columns import RowReader
from vitxplain.data.sample import DataSet, Sample, Split


@dataclass(frozen=True, eq=False)
class HubImages(DataSet):
    """Rows at fixed places, decoded when asked for."""

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
