"""evaluate: every model and method on every image, scored by every metric, beside the controls."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from accelerate.utils import gather_object
from torch import nn

from vitxplain.data.loading import load_data
from vitxplain.data.sample import DataSet, Split
from vitxplain.errors import DataError, UsageError
from vitxplain.evaluation.asked import asked_of
from vitxplain.evaluation.chosen_metrics import chosen_metrics
from vitxplain.evaluation.cost import costs
from vitxplain.evaluation.entry import ALL, Entry, entry_of, explained, short_names
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.failures import Failure, sentences
from vitxplain.evaluation.lines import Key, Line
from vitxplain.evaluation.makers import Maker
from vitxplain.evaluation.processes import joined_processes
from vitxplain.evaluation.scoring import score_all
from vitxplain.evaluation.store import Store
from vitxplain.evaluation.stored_maps import StoredMaps, stored_maps
from vitxplain.explainers.options import check_count
from vitxplain.methods import MethodLike, check_names, several
from vitxplain.metrics.base import Metric
from vitxplain.models.loading import load_model
from vitxplain.models.vision_model import VisionModel
from vitxplain.paths import user_path


def evaluate(
    models: "str | nn.Module | VisionModel | Sequence[str | nn.Module | VisionModel]",
    data: str | PathLike[str] | DataSet,
    methods: MethodLike | Sequence[MethodLike] = "auto",
    metrics: str | Metric | Sequence[str | Metric] | None = None,
    *,
    maps: str | PathLike[str] | None = None,
    split: Split = "test",
    limit: int | None = None,
    out: str | PathLike[str] | None = None,
    options: Mapping[str, Any] | None = None,
    metric_options: Mapping[str, Any] | None = None,
    data_options: Mapping[str, Any] | None = None,
    strict: bool = False,
    device: str = "auto",
    batch_size: int = 8,
    overwrite: bool = False,
    cost: bool = False,
    progress: Callable[[int], object] = lambda _: None,
) -> Evaluation:
    """Score explanations: is the map where the object is, and does the model use what it shows?

    The class explained is the one the model predicts. Controls (`vitxplain.metrics.controls`), which know nothing of
    the model, are scored like methods.

    Args:
        models: one or several: source strings (`load_model`), modules or loaded models. With `maps` at most one, and
            none ([]) if all metrics do without.
        data: a built-in set, a folder or a Hub id (`load_data`), or a data set, which has its split and options.
        methods: names of `vitx methods`; "auto" is each model's default, "all" every method that fits and gives a map.
            [] with `maps`.
        metrics: names of metrics, "all" for every one the data allow; or metrics. None: average precision and pointing
            game, where the data say where the object is, insertion and deletion.
        maps: a folder of maps made by another tool, a folder in it for each method (`evaluation.stored_maps`).
        split: which part of the data.
        limit: at most so many images, spread over the set.
        out: folder for the scores, written as they come: called again, it goes on where it was. None: memory only.
        options: of the methods.
        metric_options: of the metrics.
        data_options: of the data.
        strict: a damaged image stops; else it is skipped and named.
        device: "auto", "cpu", "cuda", ...
        batch_size: images that run together.
        overwrite: forget what is in the folder.
        cost: also measure what each method costs (`evaluation.cost`).
        progress: called after each batch with how many images it took.

    Raises:
        UsageError: no such method, metric, option or data, or a folder whose scores were made otherwise.
        DataError: a metric needs masks, and the data have none; or not one image can be read.
        UnsupportedModelError: no method fits any of the models.
    """
    check_count("batch_size", batch_size)
    state, device = joined_processes(device)
    named = [] if isinstance(methods, Sequence) and not methods else several(methods)
    check_names([method for method in named if method != ALL])
    samples = (
        data if isinstance(data, DataSet) else load_data(data, split, limit=limit, strict=strict, options=data_options)
    )
    stored = stored_maps(user_path(maps)) if maps is not None else None
    given = [models] if isinstance(models, (str, nn.Module, VisionModel)) else list(models)
    loaded = [one if isinstance(one, VisionModel) else load_model(one, device=device) for one in given]
    entries, failures = _entries(loaded, named, options or {}, stored)
    measures, left_out = chosen_metrics(metrics, metric_options or {}, samples, entries)
    asked = asked_of(samples, entries, measures)
    store, skipped = Store(Path(out) if out is not None else None, state.process_index), list[str]()
    store.begin(asked, overwrite=overwrite)
    with store:
        for entry in entries:
            for count, failed in score_all(entry, measures, samples, store, batch_size, skipped):
                failures += failed
                progress(count)
    state.wait_for_everyone()
    skipped, failures = gather_object(skipped), gather_object(failures)
    lines = _in_order(store.lines(), entries)
    if not lines or (stored and all(line.control for line in lines)):
        why = " ".join([*skipped[:3], *sentences(failures)[:3]])
        raise DataError(f"not one map of {samples.name} ({samples.split}) could be scored. {why}".strip())
    return Evaluation(
        tuple(lines),
        measures,
        samples,
        tuple(entries),
        asked,
        tuple(dict.fromkeys(skipped)),
        tuple(dict.fromkeys(failures)),
        tuple(left_out),
        costs(entries, samples, batch_size) if cost else (),
    )


def _in_order(known: Mapping[Key, Line], entries: Sequence[Entry]) -> list[Line]:
    """Those of what was asked now, in an order that does not depend on who scored them when."""
    order = ((entry.name, method) for entry in entries for method in entry.methods())
    places = {key: place for place, key in enumerate(order)}
    asked = [key for key in known if key[:2] in places]
    return [known[key] for key in sorted(asked, key=lambda key: (places[key[:2]], key[2]))]


def _entries(
    models: Sequence[VisionModel],
    methods: Sequence[MethodLike],
    options: Mapping[str, Any],
    stored: StoredMaps | None,
) -> tuple[list[Entry], list[Failure]]:
    """Who is scored. Stored maps stand beside the methods of the one model, or alone."""
    if stored and len(models) > 1:
        raise UsageError(f"maps of one folder are about one model; name one of the {len(models)} models, or none.")
    if not models:
        if not stored:
            raise UsageError("nothing to score: name at least one model, or a folder of maps.")
        if options or methods:
            raise UsageError("methods and their options need a model; name one, or leave them out.")
        return [entry_of(stored.called, None, [stored])], []
    by_name = dict(zip(short_names(models), models, strict=True))
    if len(by_name) < len(models):
        raise UsageError(f"a model was named twice: {', '.join(short_names(models))}.")
    if stored and not methods:
        ((name, model),) = by_name.items()
        return [entry_of(name, model, [stored.asking(model)])], []
    found, unfit = explained(by_name, methods, options)
    others: list[Maker] = [stored.asking(models[0], beside=True)] if stored else []
    return [entry_of(name, one.model, [one, *others]) for name, one in found.items()], unfit
