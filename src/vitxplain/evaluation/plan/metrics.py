"""The metrics of an evaluation: those named, or those that the data and the maps allow; and validation images."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vitxplain import registry
from vitxplain.data.load import EmptySplitError
from vitxplain.data.sample import DataSet
from vitxplain.errors import DataError, UsageError
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.plan.entries import PlannedEntry
from vitxplain.evaluation.plan.methods import ALL
from vitxplain.evaluation.plan.request import Metrics
from vitxplain.metrics.base import MASK, MODEL, Metric
from vitxplain.metrics.build import MetricLike, base_name, build, usable, with_options
from vitxplain.metrics.pixels import PixelMetric
from vitxplain.tasks.base import PROBABILITY

METRICS = ("average-precision", "pointing-game", "insertion", "deletion")  # where the user names none


def chosen_metrics(
    metrics: Metrics, options: Mapping[str, Any], samples: DataSet, entries: Sequence[PlannedEntry]
) -> tuple[dict[str, Metric], dict[str, str], list[Failure]]:
    """By name; why others were left out, by name; and those that were named whose plugin is broken.

    Raises:
        UsageError: no such metric or option, or one needs a model and there is none.
        DataError: one needs masks, and the data have none.
    """
    if metrics is None:
        metric_list: list[MetricLike] = [*METRICS]
    else:
        metric_list = [metrics] if isinstance(metrics, (str, Metric)) else list(metrics)
    usable_metrics, broken = usable(metric_list)
    texts = {key: value for key, value in options.items() if isinstance(value, str)}
    built = with_options(
        build(usable_metrics, texts, text=True), {key: value for key, value in options.items() if key not in texts}
    )
    named = set() if metrics is None else {_name(metric) for metric in metric_list if metric != ALL}
    failures = [Failure("", name, "", str(error)) for name, error in broken.items() if name.partition(":")[0] in named]
    chosen = dict[str, Metric]()
    left_out = {name: str(why) for name, why in broken.items() if name.partition(":")[0] not in named}
    for name, metric in built.items():
        if not (why := _obstacle(metric, samples, entries)):
            chosen[name] = metric
        elif name.partition(":")[0] in named:
            raise why
        else:
            left_out[name] = str(why)
    if not chosen:
        raise UsageError(f"no metric is left. {' '.join(left_out_sentences(left_out))}")
    return chosen, left_out, failures


def left_out_sentences(reasons: Mapping[str, str]) -> list[str]:
    """Why metrics are left out, by their names, in words."""
    return [f"{name} is left out: {why}" for name, why in reasons.items()]


def to_choose(metrics: Mapping[str, Metric]) -> dict[str, PixelMetric]:
    """The metrics whose threshold is to be chosen."""
    return {
        name: metric
        for name, metric in metrics.items()
        if isinstance(metric, PixelMetric) and metric.threshold == "best"
    }


def validation_of(
    source: DataSet | Callable[[], DataSet] | None, samples: DataSet, metrics: Mapping[str, Metric]
) -> DataSet | None:
    """The images on which thresholds are chosen; None where none is to be.

    Raises:
        UsageError: there are none, or they are the ones to be scored.
    """
    if not (names := list(to_choose(metrics))):
        return None
    if samples.split == "validation":
        raise UsageError(
            f"the threshold of {names[0]} is to be the best one on the validation split, which is the one to be "
            "scored; score test, or take another threshold."
        )
    if source is None:
        raise UsageError(
            f"the threshold of {names[0]} is chosen on validation images; with a data set of your own give them as "
            "validation=."
        )
    if isinstance(source, DataSet):
        return source
    try:
        return source()
    except EmptySplitError as error:
        raise UsageError(
            f"{names[0]}.threshold=best chooses the threshold on validation images, and of {samples.name} there are "
            "none. Give -o data.ratio=TRAIN,VALIDATION,TEST with a share for them, such as 0,0.2,0.8, or another "
            f"threshold, such as -o {names[0]}.threshold=otsu."
        ) from error


def _name(metric: MetricLike) -> str:
    return base_name(metric) if isinstance(metric, str) else registry.name_of("metrics", type(metric))


def _obstacle(metric: Metric, samples: DataSet, entries: Sequence[PlannedEntry]) -> Exception | None:
    name = registry.name_of("metrics", type(metric))
    if MASK in metric.needs and not samples.has_masks and not any(entry.truth for entry in entries):
        return DataError(
            f"{name} needs to know where the object is, and {samples.name} has neither masks nor boxes. Take data that "
            "have, or other metrics."
        )
    if isinstance(metric, PixelMetric) and metric.certainty and any(entry.facts is None for entry in entries):
        return UsageError(f"{name} with a certainty asks how sure the model is; name the model the maps were made for.")
    asks = MODEL in metric.needs or (isinstance(metric, PixelMetric) and metric.certainty)
    if asks and (values := [entry.name for entry in entries if entry.unit != PROBABILITY]):
        return UsageError(
            f"{name} asks for probabilities, and {values[0]} gives values. Take metrics that ask for none, or where "
            "its outputs are scores of classes say activation='softmax' or 'sigmoid' (--activation)."
        )
    if all(metric.needs & lacking for entry in entries for lacking in entry.lacking):
        if any(entry.facts is None for entry in entries):
            return UsageError(f"{name} asks a model about the maps; name the model they were made for.")
        return UsageError(f"{name} has the image explained again, which stored maps cannot be.")
    return None
