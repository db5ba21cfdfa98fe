"""The maps that `explain_dataset` stored, laid on the originals again."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float

from vitxplain import registry
from vitxplain.errors import UnknownNameError, UsageError
from vitxplain.explanation.heatmap import heatmap
from vitxplain.files.documents import parse_json
from vitxplain.files.reading import reading
from vitxplain.geometry import Box, Geometry
from vitxplain.scale import manifest
from vitxplain.scale.plan import numbered
from vitxplain.scale.shards import METADATA, unpacked
from vitxplain.scale.stores import Store, store_of
from vitxplain.suggest import did_you_mean, similar_names

ROW: Final = ("path", "method", "prediction", "score", "target", "label", "box", "map", "shape", "peak", "geometry")


@dataclass(frozen=True, eq=False)
class StoredMap:
    """One map: of which image, for what, and where it lies.

    `values` are float32 with the axes `axes`, raw as the method gave them, to 3 parts in 10,000 of the greatest.
    """

    path: str  # of the image, or its number in the data set
    method: str
    prediction: str | None
    score: float | None
    target: str | None
    label: str | None  # such as "object-0", where the target is no class of the whole image
    box: Box | None
    values: Float[np.ndarray, "..."] = field(repr=False)
    axes: str
    geometry: Geometry

    def heatmap(self) -> Float[np.ndarray, "height width"]:
        """The map in [0, 1] at the original image's pixels, NaN where the model did not look."""
        return heatmap(self.values, self.axes, self.geometry, self.method)


class Place(NamedTuple):
    """A row of a shard."""

    file: str
    row: int


class StoredMaps:
    """All maps of one method in the order of the plan; a shard is read when one of its maps is asked for.

    `failed` says by path which images have none, and why; `shards` which are there, `unfinished` which are to be made;
    `digests` are the sha256 of all files that came with those.
    """

    def __init__(
        self,
        store: Store,
        method: str,
        axes: str,
        files: Mapping[int, str],
        unfinished: Sequence[int],
        digests: Sequence[str] = (),
    ) -> None:
        self.store, self.method, self.axes, self.unfinished = store, method, axes, tuple(unfinished)
        self.digests = tuple(digests)
        self.shards = tuple(files)
        self._files = tuple(files.values())
        self._kept: tuple[str, pa.Table] | None = None

    @property
    def failed(self) -> dict[str, str]:
        """Why images have no map, by path."""
        reasons: dict[str, str] = {}
        for file in self._files:
            for row in self._columns(file, "path", "error").to_pylist():
                reasons |= {row["path"]: row["error"]} if row["error"] else {}
        return reasons

    def places(self) -> Iterator[tuple[str, Place]]:
        """Of each row the path of its image, and where it is: its shard and its number there."""
        for file in self._files:
            for number, path in enumerate(self._columns(file, "path")["path"].to_pylist()):
                yield path, Place(file, number)

    def at(self, where: Place) -> StoredMap | str:
        """The map there, or why the image has none."""
        row = self._row(where.file, where.row)
        return row["error"] or self._map(row)

    def __len__(self) -> int:
        return sum(self._counts)

    def __getitem__(self, index: int) -> StoredMap:
        if not -len(self) <= index < len(self):
            raise IndexError(f"there are {len(self)} maps, and none at {index}")
        index %= len(self)
        for file, count in zip(self._files, self._counts, strict=True):
            if index < count:
                return self._map(self._row(file, self._explained(file)[index]))
            index -= count
        raise AssertionError("the counts are those of the files")

    def __iter__(self) -> Iterator[StoredMap]:
        for file in self._files:
            for number in self._explained(file):
                yield self._map(self._row(file, number))

    def __repr__(self) -> str:
        unfinished = f", {len(self.unfinished)} shards unfinished" if self.unfinished else ""
        return f"<StoredMaps {self.method}: {len(self)} maps in {self.store}{unfinished}>"

    @cached_property
    def _counts(self) -> list[int]:
        """How many maps each shard has."""
        return [self._columns(file, "error")["error"].null_count for file in self._files]

    def _explained(self, file: str) -> list[int]:
        """The numbers of a shard's rows that have a map."""
        return [number for number, error in enumerate(self._table(file)["error"].to_pylist()) if not error]

    def _columns(self, file: str, *names: str) -> pa.Table:
        with reading(f"{self.store}/{file}", "a shard of maps", manifest.ADVICE):
            return pq.read_table(self.store.parquet(file), columns=list(names))

    def _table(self, file: str) -> pa.Table:
        if self._kept is None or self._kept[0] != file:
            with reading(f"{self.store}/{file}", "a shard of maps", manifest.ADVICE):
                self._kept = file, pq.read_table(self.store.parquet(file)).combine_chunks()
        return self._kept[1]

    def _row(self, file: str, number: int) -> dict[str, Any]:
        table = self._table(file)
        with reading(f"{self.store}/{file}", "a shard of maps", manifest.ADVICE):
            (row,) = table.slice(number, 1).to_pylist()
            return {name: row[name] for name in (*ROW, "error")}

    def _map(self, row: dict[str, Any]) -> StoredMap:
        with reading(f"{self.store}, {row['path']}", "a map of a shard", manifest.ADVICE):
            return StoredMap(
                row["path"],
                row["method"],
                row["prediction"],
                row["score"],
                row["target"],
                row["label"],
                None if row["box"] is None else tuple(row["box"]),
                unpacked(row["map"], row["shape"], row["peak"]),
                self.axes,
                Geometry.from_dict(row["geometry"]),
            )


def maps(folder: str | PathLike[str], method: str | None = None) -> StoredMaps:
    """The maps of one method in a folder that `explain_dataset` or `vitx explain --format parquet` wrote.

    Args:
        folder: of the run, also of an object store; it may be unfinished, and what is whole is read.
        method: a name or alias, needed where there are several.

    Raises:
        UsageError: there are none, none of this method, or it must be said which.
        DataError: a file is damaged.
    """
    store = store_of(folder)
    runs = maps_by_method(store, manifest.read_plan(store))
    if method is None and len(runs) > 1:
        raise UsageError(f"{folder} holds maps of {', '.join(runs)}; say which, as in method={next(iter(runs))!r}.")
    name = method or next(iter(runs))
    if name not in runs:
        with suppress(UnknownNameError):
            name = registry.canonical("explainers", name)
    if name not in runs:
        hint = did_you_mean(similar_names(name, runs, most=1), f"There are {', '.join(runs)}.", start="Did")
        raise UsageError(f"{folder} holds no maps of {name!r}. {hint}")
    return runs[name]


def maps_by_method(store: Store, plan: Mapping[str, Any]) -> dict[str, StoredMaps]:
    """The maps of all methods of a run; what is finished is looked up once for all.

    Raises:
        DataError: an entry of the manifest cannot be read.
    """
    axes = {name: kind["axes"] for name, kind in plan["methods"].items()}
    entries = {shard: manifest.finished(store, shard) for shard in range(plan["shards"])}
    finished = {shard: entry for shard, entry in entries.items() if entry is not None}
    unfinished = [shard for shard, entry in entries.items() if entry is None]
    runs = {}
    for name in axes:
        files = {shard: f"{name}/{numbered(shard, 'parquet')}" for shard in finished}
        there = {shard: file for shard, file in files.items() if store.size(file) is not None}
        digests = [file.sha256 for shard in there for _, file in sorted(finished[shard].files.items())]
        runs[name] = StoredMaps(store, name, axes[name], there, unfinished, digests)
    return runs


def facts_of(file: str | PathLike[str]) -> dict[str, Any]:
    """What the schema of a shard says: model, method, options, and the plan of the run.

    Raises:
        DataError: it is none.
    """
    with reading(str(file), "a shard of maps", manifest.ADVICE):
        facts: dict[str, Any] = parse_json(pq.read_schema(file).metadata[METADATA])
        return facts
