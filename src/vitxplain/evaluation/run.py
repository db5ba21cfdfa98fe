"""evaluate: every model and method on every image, scored by every metric, beside the controls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, TypeAlias

from torch import nn

from vitxplain.data.load import load_data
from vitxplain.data.sample import DataSet, Split
from vitxplain.errors import UsageError
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.maps.stored_maps import stored_maps
from vitxplain.evaluation.measure import EvaluationRequest, measured
from vitxplain.evaluation.plan.classes import NoModelError
from vitxplain.evaluation.plan.entries import Load, ModelLike, Selection
from vitxplain.evaluation.plan.methods import ALL
from vitxplain.evaluation.plan.presets import default_runs, preset_of
from vitxplain.explainers.passes.choose import MethodLike, check_names, several
from vitxplain.files.paths import user_path
from vitxplain.metrics.base import Metric
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.checks import check_count
from vitxplain.processes import join_processes
from vitxplain.words import source_name

Data: TypeAlias = "str | PathLike[str] | DataSet"
Models: TypeAlias = "ModelLike | Sequence[ModelLike] | None"
Metrics: TypeAlias = "str | Metric | Sequence[str | Metric] | None"


def evaluate(
    models: Models,
    data: Data,
    methods: MethodLike | Sequence[MethodLike] | None = None,
    metrics: Metrics = None,
    *,
    preset: str | None = None,
    maps: str | PathLike[str] | None = None,
    split: Split = "test",
    limit: int | None = None,
    out: str | PathLike[str] | None = None,
    options: Mapping[str, Any] | None = None,
    metric_options: Mapping[str, Any] | None = None,
    data_options: Mapping[str, Any] | None = None,
    validation: DataSet | Callable[[], DataSet] | None = None,
    strict: bool = False,
    device: str = "auto",
    load: Load | None = None,
    batch_size: int = 8,
    overwrite: bool = False,
    cost: bool = False,
    progress: Callable[[int], object] = lambda _: None,
) -> Evaluation:
    """Score explanations: is the map where the object is, and does the model use what it shows?

    The class explained is the one the model predicts. Controls (`vitxplain.metrics.controls`), which know nothing of
    the model, are scored like methods. Of several models one at a time is in memory.

    Args:
        models: one or several: source strings (`load_model`), modules or loaded models. With `maps` at most one, and
            none ([]) if all metrics do without. None: the six runs of the preset deepvisionxplain.
        data: a built-in set, a folder or a Hub id (`load_data`), or a data set, which has its split and options. For
            several there is `evaluate_each`.
        methods: names of `vitx methods`; "auto" is each model's default, "all" every method that fits and gives a map.
            [] with `maps`. None: "auto", or those of the preset that fit.
        metrics: names of metrics, "all" for every one the data allow; or metrics. None: average precision and pointing
            game, where the data say where the object is, insertion and deletion; or those of the preset. With one of
            its choices (`deletion:blur`) a metric can be asked several times.
        preset: "deepvisionxplain" or "chefer" (`evaluation.presets`): metrics, methods and what is done to the images.
        maps: a folder of maps made by another tool, a folder in it for each method (`evaluation.stored_maps`).
        split: which part of the data.
        limit: at most so many images, spread over the set.
        out: folder for the scores, written as they come: called again, it goes on where it was. None: memory only.
        options: of the methods.
        metric_options: of the metrics; several words for one choice give the metric once with each.
        data_options: of the data.
        validation: the images on which the threshold "best" is chosen; None: the validation split of the data.
        strict: a damaged image stops; else it is skipped and named.
        device: "auto", "cpu", "cuda", ...
        load: how a model is opened; None: by `load_model`, on the device.
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
    way = preset_of(preset) if preset else None
    if way and metrics is not None:
        raise UsageError(f"the preset {way.name} says which metrics there are; leave metrics out.")
    if models is None and preset == "deepvisionxplain":
        (runs,) = default_runs([data.name if isinstance(data, DataSet) else str(data)])
        given: list[ModelLike] = [*runs]
    elif models is None:
        raise UsageError("name at least one model.")
    else:
        given = [models] if isinstance(models, (str, PathLike, nn.Module, VisionModel)) else list(models)
    if methods is None:
        named: list[MethodLike] = [] if preset or (maps is not None and not given) else ["auto"]
    else:
        named = [] if isinstance(methods, Sequence) and not methods else several(methods)
    check_names([method for method in named if method != ALL])
    _, device = join_processes(device)
    stored = stored_maps(user_path(maps)) if maps is not None else None
    if isinstance(data, DataSet):
        samples = data
    else:
        samples = load_data(data, split, limit=limit, strict=strict, options=data_options)
        validation = validation or (lambda: load_data(data, "validation", strict=strict, options=data_options))
    wanted = Selection(named, options or {}, stored, way, samples.labels, load or _on(device))
    question = EvaluationRequest(given, samples, wanted, metrics, metric_options or {}, validation, cost)
    return measured(question, None if out is None else Path(out), batch_size, progress, overwrite=overwrite)


def _on(device: str) -> Load:
    """Models opened on this device."""
    return lambda source: load_model(Path(source) if isinstance(source, PathLike) else source, device=device)


def evaluate_each(
    models: Models, data: Sequence[Data], *args: Any, out: str | PathLike[str] | None = None, **options: Any
) -> dict[str, Evaluation]:
    """`evaluate` for each data set, by their names; each has a folder of its name in `out`.

    Data whose classes no model has, where the preset asks for that, are left out: the others' `left_out` say so.

    Raises:
        UsageError: two data sets are called alike; or as of `evaluate`.
    """
    names = each_name(data)
    of_each: Mapping[str, Models] = dict.fromkeys(names, models)
    if models is None and options.get("preset") == "deepvisionxplain":
        sources = [one.name if isinstance(one, DataSet) else str(one) for one in data]
        of_each = dict(zip(names, default_runs(sources), strict=True))
    return where_models_are(
        {
            name: partial(evaluate, of_each[name], one, *args, out=None if out is None else Path(out) / name, **options)
            for name, one in zip(names, data, strict=True)
        }
    )


def where_models_are(evaluations: Mapping[str, Callable[[], Evaluation]]) -> dict[str, Evaluation]:
    """One after the other; data for which there is no model are left out, which the others say.

    Raises:
        NoModelError: there is a model for none of the data.
    """
    found, left_out = dict[str, Evaluation](), list[str]()
    for name, evaluation in evaluations.items():
        try:
            found[name] = evaluation()
        except NoModelError as error:
            left_out.append(f"{name} is left out: {error}")
    if not found:
        raise NoModelError(" ".join(left_out))
    return {name: replace(one, left_out=(*one.left_out, *left_out)) for name, one in found.items()}


def each_name(sets: Sequence[Data]) -> list[str]:
    """The data's own names, a folder's last part.

    Raises:
        UsageError: there are none, or two are called alike.
    """
    names = [source_name(one.name if isinstance(one, DataSet) else str(one)) for one in sets]
    if not names:
        raise UsageError("name at least one data set.")
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"two data sets are called {twice[0]}; evaluate them one after the other.")
    return names
