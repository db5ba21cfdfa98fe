"""Maps that `vitx explain --format parquet` stored, found by the names of their images."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from pathlib import PurePath
from typing import Any

import numpy as np

from vitxplain.data.sample import Sample
from vitxplain.errors import DataError, UsageError
from vitxplain.evaluation.kept_lines import KeptLines
from vitxplain.evaluation.maps.map_source import MapSource, Outcomes, ScoredMap
from vitxplain.evaluation.maps.model_queries import ModelQueries, stored_map_queries
from vitxplain.evaluation.maps.stored_maps import NUMBER
from vitxplain.evaluation.regions.map_request import MapRequest
from vitxplain.explainers.base import says_where
from vitxplain.explanation.provenance import model_facts
from vitxplain.files.paths import real_path
from vitxplain.metrics.base import METHOD
from vitxplain.models.vision_model import VisionModel
from vitxplain.scale import StoredMap, manifest
from vitxplain.scale.stored_maps import Place, StoredMaps, maps_by_method
from vitxplain.scale.stores import Folder, Store
from vitxplain.tasks.base import Target
from vitxplain.tasks.targets.class_target import ClassTarget
from vitxplain.words import source_name


@dataclass(frozen=True, eq=False)
class ShardedMaps(MapSource):
    """The maps of a run, by method.

    `of_model` are the facts of the model they were made by, `dtype` its numbers; `data` says which images they are of,
    where that is one folder or data set; `target` is the class they are about, None for each image's top class.
    """

    called: str
    runs: Mapping[str, StoredMaps] = field(repr=False)
    of_model: Mapping[str, Any]
    dtype: str
    data: Mapping[str, str | None] | None = None
    target: str | None = None
    left_out: Sequence[str] = ()
    model: VisionModel | None = None
    without = frozenset({METHOD})

    @property
    def names(self) -> Sequence[str]:
        return list(self.runs)

    @property
    def model_source(self) -> str:
        """What opens the model they were made by."""
        source: str = self.of_model["id"]
        return source

    def with_model(self, model: VisionModel, beside: bool = False) -> "ShardedMaps":
        """The same, with the model that made them; `beside` its methods, of which they are told apart.

        Raises:
            UsageError: it is another one, or they are about something else than one of its classes.
        """
        opened, dtype = model_facts(model), str(model.dtype).removeprefix("torch.")
        pinned = [key for key in ("class", "revision", "sha256") if key in opened and key in self.of_model]
        if any(opened[key] != self.of_model[key] for key in pinned):
            way_out = f"; add --dtype {self.dtype}" if dtype != self.dtype else ""
            made_by, other = source_name(self.model_source), source_name(model.source)
            raise UsageError(
                f"the maps in {self.called} were made by {made_by}, and {other} has another class or other weights, so "
                f"it cannot be asked about them. Name that model{way_out}."
            )
        if self.target is not None and not isinstance(model.task.target(self.target, model.labels), ClassTarget):
            raise UsageError(
                f"the maps in {self.called} are about {self.target}, and evaluation asks how probable one class is; "
                "explain with one class as target, or none."
            )
        named = {f"{name} ({self.called})" if beside else name: run for name, run in self.runs.items()}
        return replace(self, model=model, runs=named)

    def maps(self, names: Sequence[str], requests: Sequence[MapRequest]) -> Outcomes:
        return {name: [self._map(name, request) for request in requests] for name in names}

    def subject(self, name: str, target: Target) -> ModelQueries | None:
        return stored_map_queries(self.model, target) if self.model else None

    def facts(self, name: str) -> str:
        digests = list(self.runs[name].digests)
        return f"maps of {self.called}, {name} ({sha256(repr(digests).encode()).hexdigest()[:8]})"

    @cached_property
    def _places(self) -> KeptLines[tuple[str, str, str]]:
        """Where the first map of each image is, by method, last part of its path, and path."""
        lines: KeptLines[tuple[str, str, str]] = KeptLines(3)
        for name, run in self.runs.items():
            for path, where in run.places():
                key = name, PurePath(path).name, path
                if lines.get(key) is None:
                    lines.put(key, json.dumps([path, *where]))
        return lines

    def _place(self, name: str, path: str) -> Place | None:
        line = self._places.get((name, PurePath(path).name, path))
        return None if line is None else Place(*json.loads(line)[1:])

    def _alike(self, name: str, image: str) -> list[str]:
        """The paths of files that end as an image's name does; of a data set, whose images have whole names, none."""
        if self.data and self.data["split"]:
            return []
        return [json.loads(line)[0] for line in self._places.lines((name, PurePath(image).name))]

    def _map(self, name: str, request: MapRequest) -> ScoredMap | Exception:
        try:
            stored = self._stored(name, request.sample)
            image = request.sample.image
            if stored.geometry.image_size != (image.height, image.width):
                sides = [
                    " × ".join(map(str, size)) for size in (stored.geometry.image_size, (image.height, image.width))
                ]
                raise DataError(f"its map is of an image of {sides[0]} pixels (height × width), not {sides[1]}.")
            if stored.target and request.description and stored.target != request.description.name:
                raise DataError(
                    f"its map is about {stored.target}, and what is asked for now is {request.description.name}."
                )
            return ScoredMap(stored.heatmap(), not np.isfinite(stored.values).all())
        except DataError as error:
            return error

    def _stored(self, name: str, sample: Sample) -> StoredMap:
        run = self.runs[name]
        places = (self._place(name, path) for path in self._candidates(name, sample.name))
        where = next((place for place in places if place is not None), None)
        if where is None:
            rest = f" {len(run.unfinished)} shards of the run are still to be made." if run.unfinished else ""
            raise DataError(f"there is no map of it.{rest}")
        stored = run.at(where)
        if isinstance(stored, str):
            raise DataError(f"it has no map: {stored}")
        return stored

    def _candidates(self, method: str, name: str) -> list[str]:
        """Under which paths an image may be stored: its name, one that ends in it, or that of the one file so called.

        Raises:
            DataError: several are called like it.
        """
        named = dict.fromkeys([name, NUMBER.sub("", name)])
        stored: list[str] = []
        for image in named:
            called = self._alike(method, image)
            ending = [path for path in called if f"/{path}".endswith(f"/{image}") or f"/{image}".endswith(f"/{path}")]
            if len(ending or called) == 1:
                stored += ending or called
            elif called and not ending:
                raise DataError("several of the images with maps are called like it; explain the folder of the data.")
        return [*named, *stored]


def holds_shards(store: Store) -> bool:
    """Whether a run wrote maps there."""
    return store.size(manifest.PLAN_NAME) is not None


def sharded_maps(store: Store) -> ShardedMaps:
    """The maps of a run that are maps of the image; its folder is listed once.

    Raises:
        UsageError: they are about objects or several targets of an image, or none of them says where.
        DataError: the folder is damaged.
    """
    plan = manifest.read_plan(store)
    called = real_path(store.path).name if isinstance(store, Folder) else PurePath(str(store)).name
    axes = {name: kind["axes"] for name, kind in plan["methods"].items()}
    targets, of_model, task = plan["targets"], plan["model"], plan["task"]
    if task != "image-classification":
        raise UsageError(
            f"the maps in {called} are of a model for {task}, several of an image; stored maps are scored of "
            f"classifiers. Score such a model itself: vitx evaluate --model {of_model['id']}."
        )
    if len(targets) > 1:
        raise UsageError(
            f"the maps in {called} are about {len(targets)} targets of each image; scores are of one. Explain with one "
            "--target, or none, into another folder."
        )
    where = [name for name, of_method in axes.items() if says_where(of_method)]
    if not where:
        raise UsageError(f"{', '.join(axes)}: gives no map of the image, so there is nothing to score in {called}.")
    runs = maps_by_method(store, plan)
    return ShardedMaps(
        called,
        {name: runs[name] for name in where},
        of_model,
        plan["dtype"],
        plan.get("data"),
        targets[0] if targets else None,
        [f"{name} is left out: it gives no map of the image." for name in axes if name not in where],
    )
