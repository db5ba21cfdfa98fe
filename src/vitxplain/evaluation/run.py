"""evaluate: every model and method on every image, scored by every metric, beside the controls."""

from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from accelerate import PartialState

from vitxplain.api import fitting
from vitxplain.data.loading import load_data
from vitxplain.data.sample import DataSet, Split
from vitxplain.errors import DataError, UsageError
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.scoring import scored
from vitxplain.evaluation.store import Store
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.options import check_count
from vitxplain.fit import auto_method, require
from vitxplain.methods import MethodLike, build, check_names
from vitxplain.metrics import build as metrics_by_name
from vitxplain.metrics.base import MASK, Metric
from vitxplain.metrics.controls import CONTROLS
from vitxplain.models.loading import load_model
from vitxplain.models.vision_model import VisionModel

METRICS = ("average-precision", "pointing-game")
ALL = "all"


def evaluate(
    models: Sequence[str | VisionModel],
    data: str | PathLike[str] | DataSet,
    methods: Sequence[MethodLike] = ("auto",),
    metrics: Sequence[str | Metric] = METRICS,
    *,
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
    progress: Callable[[int], object] = lambda _: None,
) -> Evaluation:
    """Score explanations: is the map where the object is, and does the model use what it shows?

    The class explained is the one the model predicts. Controls (`vitxplain.metrics.controls`), which know nothing of
    the model, are scored like methods.

    Args:
        models: source strings (`load_model`) or loaded models.
        data: a built-in set, a folder or a Hub id (`load_data`), or a data set, which has its split and options.
        methods: names of `vitx methods`; "auto" is each model's default, "all" every method that fits and gives a map.
        metrics: names of metrics, "all" for every one there is; or metrics.
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
        progress: called after each batch with how many images it took.

    Raises:
        UsageError: no such method, metric, option or data, or a folder whose scores were made otherwise.
        DataError: a metric needs masks, and the data have none; or not one image can be read.
        UnsupportedModelError: a method does not fit a model.
    """
    check_count("batch_size", batch_size)
    check_names([method for method in methods if method != ALL])
    measures = metrics_by_name.build(metrics, metric_options or {})
    samples = (
        data if isinstance(data, DataSet) else load_data(data, split, limit=limit, strict=strict, options=data_options)
    )
    masked = [name for name, metric in measures.items() if MASK in metric.needs]
    if masked and not samples.has_masks:
        raise DataError(
            f"{', '.join(masked)}: needs to know where the object is, and {samples.name} has neither masks nor boxes. "
            "Take data that have, or other metrics."
        )
    store = Store(Path(out) if out is not None else None, PartialState().process_index)
    skipped: list[str] = []
    loaded = {
        one.source if isinstance(one, VisionModel) else one: one
        if isinstance(one, VisionModel)
        else load_model(one, device=device)
        for one in models
    }
    used = {name: _explainers(model, methods, options or {}) for name, model in loaded.items()}
    store.begin(_asked(samples, used, measures), overwrite=overwrite)
    with store:
        for name, model in loaded.items():
            for lines, count in scored(name, model, used[name], measures, samples, store, batch_size, skipped):
                store.add(lines)
                progress(count)
    PartialState().wait_for_everyone()
    if not (found := store.lines()):
        raise DataError(
            f"not one image of {samples.name} ({samples.split}) can be read. {' '.join(skipped[:3])}".strip()
        )
    return Evaluation(tuple(found), measures, tuple(dict.fromkeys(skipped)), _asked(samples, used, measures))


def _explainers(model: VisionModel, methods: Sequence[MethodLike], options: Mapping[str, Any]) -> dict[str, Explainer]:
    """The methods for this model, by name; all of them give maps."""
    named: list[MethodLike] = []
    for method in methods:
        if method == ALL:
            named += [
                name
                for name, obstacle in fitting(model).items()
                if obstacle is None and _is_map(build([name], {})[name])
            ]
        else:
            named.append(auto_method(model) if method == "auto" else method)
    explainers = build(list(dict.fromkeys(named)), options)
    require(model, explainers.values())
    if others := [name for name, one in explainers.items() if not _is_map(one)]:
        raise UsageError(f"{', '.join(others)}: gives no map of the image, so there is nothing to score; leave it out.")
    return explainers


def _is_map(explainer: Explainer) -> bool:
    """Whether it says where in the image: one value, or several, for each place."""
    return explainer.axes.endswith("row column") and "row2" not in explainer.axes


def _asked(
    samples: DataSet, used: Mapping[str, Mapping[str, Explainer]], metrics: Mapping[str, Metric]
) -> dict[str, Any]:
    """What was asked, as far as scores depend on it."""
    return {
        "data": {"name": samples.name, "split": samples.split, "images": len(samples)},
        "methods": {model: {name: repr(one) for name, one in methods.items()} for model, methods in used.items()},
        "metrics": {name: repr(one) for name, one in metrics.items()},
        "controls": list(CONTROLS),
    }
