"""evaluate: every model and method on every image, scored by every metric, beside the controls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from typing import Any

from vitxplain.data.sample import DataSet, Split
from vitxplain.errors import UsageError
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.measure import Watch, measure
from vitxplain.evaluation.plan.classes import NoModelError
from vitxplain.evaluation.plan.presets import default_runs
from vitxplain.evaluation.plan.request import Data, EvaluationRequest, Load, Metrics, Models, data_source
from vitxplain.evaluation.regions.truth import TruthLike
from vitxplain.explainers.passes.choose import MethodLike
from vitxplain.files.paths import user_path
from vitxplain.words import source_name


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
    truth: TruthLike | None = None,
    min_score: float | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Evaluation:
    """Score explanations: is the map where the object is, and does the model use what it shows?

    The class explained is the one the model predicts; of a detector each labelled object that it finds, of a segmenter
    each class of the image that it finds. Controls (`vitxplain.metrics.controls`), which know nothing of
    the model, are scored like methods. Of several models one at a time is in memory.

    Args:
        models: one or several: source strings (`load_model`), modules or loaded models. With `maps` at most one, and
            none ([]) if all metrics do without. None: the six runs of the preset deepvisionxplain.
        data: a built-in set, a folder or a Hub id (`load_data`), or a data set, which has its split and options. For
            several there is `evaluate_each`.
        methods: names of `vitx methods`; "auto" is each model's default, "all" every method that fits and gives a map,
            but those of very many passes, which are named ("all" and "d-rise").
            [] with `maps`. None: "auto", or those of the preset that fit.
        metrics: names of metrics, "all" for every one the data allow; or metrics. None: average precision and pointing
            game, where the data say where the object is, insertion and deletion; or those of the preset. With one of
            its choices (`deletion:blur`) a metric can be asked several times.
        preset: "deepvisionxplain" or "chefer" (`evaluation.plan.presets`): metrics, methods and what is done to
            the images.
        maps: a folder of stored maps: what `explain_dataset` or `vitx explain --format parquet` wrote, which says by
            which model and may be in an object store (s3://BUCKET/FOLDER), or those of another tool, a folder in it
            for each method (`evaluation.maps.stored_maps`).
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
        cost: also measure what each method costs (`evaluation.scoring.cost`).
        truth: where the map of a thing that is found is to lie: "box" or "mask" of what is labelled, or "found", where
            the model itself finds it. None: the box of an object, the mask of a class.
        min_score: from which score on an object or segment counts as found; None is the model's library's own.
        progress: called with how many images more are done.

    Raises:
        UsageError: no such method, metric, option or data, or a folder whose scores were made otherwise.
        OptionError: `min_score` is no score, or for a model that finds nothing.
        DataError: a metric needs masks, and the data have none; not one image can be read; or the data of a detector
            or segmenter have no objects or no class of the model's, or it finds none of them.
        UnsupportedModelError: no method fits any of the models.
    """
    request = EvaluationRequest(
        models=models,
        data=data,
        methods=methods,
        metrics=metrics,
        preset=preset,
        maps=maps,
        split=split,
        limit=limit,
        out=out,
        options=options,
        metric_options=metric_options,
        data_options=data_options,
        validation=validation,
        strict=strict,
        device=device,
        load=load,
        batch_size=batch_size,
        overwrite=overwrite,
        cost=cost,
        truth=truth,
        min_score=min_score,
    )
    return measure(request, progress)


def evaluate_each(
    models: Models,
    data: Sequence[Data],
    methods: MethodLike | Sequence[MethodLike] | None = None,
    metrics: Metrics = None,
    *,
    out: str | PathLike[str] | None = None,
    progress: Callable[[int], object] = lambda _: None,
    **options: Any,
) -> dict[str, Evaluation]:
    """`evaluate` for each data set, by their names; each has a folder of its name in `out`.

    Data whose classes no model has, where the preset asks for that, are left out: the others' `left_out` say so.

    Raises:
        UsageError: two data sets are called alike; or as of `evaluate`.
    """
    names = data_names(data)
    models_of: Mapping[str, Models] = dict.fromkeys(names, models)
    if models is None and options.get("preset") == "deepvisionxplain":
        models_of = dict(zip(names, default_runs([data_source(source) for source in data]), strict=True))
    requests = {
        name: EvaluationRequest(
            models_of[name], source, methods, metrics, out=None if out is None else user_path(out) / name, **options
        )
        for name, source in zip(names, data, strict=True)
    }
    return evaluate_requests(requests, progress)


def evaluate_requests(
    requests: Mapping[str, EvaluationRequest], progress: Callable[[int], object], watch: Watch = lambda _: None
) -> dict[str, Evaluation]:
    """One request after the other, by the names of their data; those for which there is no model are left out.

    `progress` and `watch` as of `measure`.

    Raises:
        NoModelError: there is a model for none of the data.
    """
    evaluations, left_out = dict[str, Evaluation](), list[str]()
    for name, request in requests.items():
        try:
            evaluations[name] = measure(request, progress, watch)
        except NoModelError as error:
            left_out.append(f"{name} is left out: {error}")
    if not evaluations:
        raise NoModelError(" ".join(left_out))
    return {
        name: replace(evaluation, left_out=(*evaluation.left_out, *left_out))
        for name, evaluation in evaluations.items()
    }


def data_names(data: Sequence[Data]) -> list[str]:
    """The data's own names, a folder's last part.

    Raises:
        UsageError: there are none, or two are called alike.
    """
    names = [source_name(data_source(source)) for source in data]
    if not names:
        raise UsageError("name at least one data set.")
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(f"two data sets are called {twice[0]}; evaluate them one after the other.")
    return names
