"""explain_dataset: the maps of any number of images, as shards that are whole or not there."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from os import PathLike
from typing import Any, TypeAlias

import numpy as np
import torch
from PIL import Image

from vitxplain.api import explain_prepared
from vitxplain.explainers.passes.choose import MethodLike, several
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.provenance import model_facts, versions
from vitxplain.models.opened import ModelLike
from vitxplain.models.processors.batches import BATCH_SIZE, batches
from vitxplain.options.checks import check_count
from vitxplain.scale import manifest
from vitxplain.scale.chosen import Chosen, chosen, loaded_for
from vitxplain.scale.explained import (
    Advance,
    ExplainedPart,
    ExplainedShard,
    Job,
    explained_parts,
    explained_shards,
    parts_of,
)
from vitxplain.scale.listing import Source, listing
from vitxplain.scale.plan import MapKind, Plan, numbered, places_in, shards_of
from vitxplain.scale.prepare import ReadAhead, prepare
from vitxplain.scale.shards import schema, to_bytes
from vitxplain.scale.stores import Store, store_of


@dataclass(frozen=True)
class Done:
    """A shard that is finished: its number, how many images it has, and those that failed, with the reason."""

    shard: int
    images: int
    failed: Mapping[str, str] = field(default_factory=dict)
    before: bool = False  # by an earlier run


Report: TypeAlias = Callable[[Done], None]


@dataclass(frozen=True)
class Summary:
    """What a run has done: how many shards and images are there, how many of these it made itself, what failed."""

    shards: int
    images: int
    made: int
    failed: Mapping[str, str]


def explain_dataset(
    model: ModelLike,
    images: Source,
    out: str | PathLike[str],
    methods: MethodLike | Sequence[MethodLike] = "auto",
    *,
    target: str | Sequence[str] = (),
    top_k: int = 5,
    batch_size: int = BATCH_SIZE,
    min_score: float | None = None,
    workers: int | None = None,
    device: str = "auto",
    report: Report | None = None,
    advance: Advance | None = None,
    text_options: Mapping[str, str] | None = None,
    **options: Any,
) -> Summary:
    """Maps of all images, in shards of 256: `out`/METHOD/00000.parquet and so on, listed in `out`/manifest.

    Run again, it goes on where it ended, however it did; the files are the same, byte by byte. Several processes
    started by `accelerate launch` or torchrun share the shards, and what a lost one leaves the next run does.

    Args:
        model: as `explain` takes it.
        images: a folder (at any depth, also of an object store), a list of paths, patterns and URLs, or a data set of
            `load_data`.
        out: the folder of the results; also of an object store, `s3://BUCKET/FOLDER`, which fsspec opens.
        methods: names, aliases or Explainers.
        target: as `--target` takes it, one or several; none is each image's top class, or the first `top_k` of what a
            detector or segmenter found.
        top_k: how many objects or segments to explain where no target is given.
        batch_size: how many images run through the model together.
        min_score: from which score on a detector's object counts as found; None is the library's own.
        workers: threads that read images ahead; None is as many as there are cores, at most 8.
        device: as in `load_model`; of several processes on one machine "auto" gives each a GPU of its own.
        report: called after each shard.
        advance: called with the number of images that are done, after each batch.
        text_options: hyper-parameters as they are typed, by name.
        options: hyper-parameters of the methods.

    Raises:
        UsageError: the folder holds maps of another plan; no such method, option or class.
        UnsupportedModelError: a method does not fit the model.
        OutputError: the folder cannot be written.
    """
    check_count("top_k", top_k)
    check_count("batch_size", batch_size)
    store = store_of(out)
    store.begin()
    named = listing(images)
    explained_by = several(methods)
    loaded = loaded_for(explained_by, model, _own_device(device))
    count = len(named.names)
    before = {shard: manifest.finished(store, shard) for shard in _own_shards(shards_of(count))}
    parts = parts_of([shard for shard, entry in before.items() if entry is None], count, batch_size)
    work = (partial(prepare, named, loaded.processor, part.places, batch_size, loaded.device) for part in parts)
    with ReadAhead(work, workers or min(8, os.cpu_count() or 1)) as prepared:  # while the model is looked at
        made = chosen(loaded, explained_by, text_options or options, target, top_k, min_score, text=bool(text_options))
        facts = {
            "task": made.model.task.name,
            "model": model_facts(made.model),
            "dtype": str(made.model.dtype).removeprefix("torch."),
            "targets": [str(one.spelling) for one in made.wanted],
            "min_score": min_score,
            "batch_size": batch_size,
            "data": named.data,
            "listing": named.digest,
            "versions": versions(),
        }
        job = Job(made, named, parts, prepared)
        explained = explained_parts(job)
        # A run that goes on is compared with how it was begun before anything is explained.
        first = next(explained, None) if not manifest.is_begun(store) else None
        plan = Plan(count, _kinds(made, first), facts)
        manifest.begin(store, plan.to_dict())
        shards = explained_shards(job, chain([first] if first else [], explained), advance or _silent)
        return _run(shards, plan, store, before, report or _silent, advance or _silent)


def _run(
    shards: Iterable[ExplainedShard],
    plan: Plan,
    store: Store,
    before: Mapping[int, manifest.Entry | None],
    report: Report,
    advance: Advance,
) -> Summary:
    failed: dict[str, str] = {}
    images = made_now = 0
    for shard, entry in before.items():
        if entry is None:
            continue
        failed |= entry.failed
        images += entry.images
        advance(entry.images)
        report(Done(shard, entry.images, entry.failed, before=True))
    schemas = {name: schema(kind, {**plan.to_dict(), "method": name}) for name, kind in plan.kinds.items()}
    for made in shards:
        file = numbered(made.shard, "parquet")
        files = {f"{name}/{file}": to_bytes(rows, schemas[name]) for name, rows in made.rows.items()}
        count = len(places_in(made.shard, plan.images))
        manifest.finish(store, made.shard, files, count, made.failed)
        failed |= made.failed
        images += count
        made_now += 1
        report(Done(made.shard, count, made.failed))
    return Summary(len(before), images, made_now, failed)


def _kinds(chosen: Chosen, explained: ExplainedPart | None) -> dict[str, MapKind]:
    """What the maps will be: as the first ones that were explained, or as those of an image of noise."""
    made = explained.first_maps() if explained else {}
    if made.keys() != chosen.explainers.keys():  # none was explained, or not by all methods
        made = _of_noise(chosen)
    same = chosen.model.processor.keeps_size
    return {
        name: MapKind(made[name].axes, made[name].values.shape if same else None, made[name].options)
        for name in chosen.explainers
    }


def _of_noise(chosen: Chosen) -> dict[str, Explanation]:
    model = chosen.model
    height, width = model.processor.input_size
    noise = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    shows = model.finding_from(0.0) if model.task.finds else model
    ready = list(batches(model.processor, [Image.fromarray(noise)], 1))
    made = explain_prepared(shows, ready, 1, list(chosen.explainers.values()), top_k=1)
    return {name: of_image[0][0] for name, of_image in made.items()}


def _own_shards(shards: int) -> range:
    """Those of this process among all that were started together, which need not know of one another otherwise."""
    return range(int(os.environ.get("RANK", "0")), shards, int(os.environ.get("WORLD_SIZE", "1")))


def _own_device(device: str) -> str:
    """Of this process: "auto" is a GPU of its own where several were started on one machine."""
    rank = os.environ.get("LOCAL_RANK")
    if rank is None or device != "auto" or not torch.cuda.is_available():
        return device
    return f"cuda:{int(rank) % torch.cuda.device_count()}"


def _silent(_: object) -> None:
    """Nobody wants to know."""
