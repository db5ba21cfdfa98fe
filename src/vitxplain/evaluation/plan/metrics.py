"""The metrics of an evaluation: those named, or those that the data and the maps allow."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from vitxplain import registry
from vitxplain.data.sample import DataSet
from vitxplain.errors import DataError, UsageError
from vitxplain.evaluation.plan.entries import PlannedEntry
from vitxplain.evaluation.plan.methods import ALL
from vitxplain.metrics.base import MASK, Metric
from vitxplain.metrics.build import MetricLike, base_name, build, with_options
from vitxplain.metrics.pixels import PixelMetric

MetricsLike: TypeAlias = "str | Metric | Sequence[str | Metric] | None"
METRICS = ("average-precision", "pointing-game", "insertion", "deletion")  # where the user names none


def chosen_metrics(
    asked: MetricsLike,
    options: Mapping[str, Any],
    samples: DataSet,
    blocks: Sequence[PlannedEntry],
) -> tuple[dict[str, Metric], list[str]]:
    """By name, and which were left out and why; one that was named is never left out.

    Raises:
        UsageError: no such metric or option, or one needs a model and there is none.
        DataError: one needs masks, and the data have none.
    """
    given = list(METRICS) if asked is None else [asked] if isinstance(asked, (str, Metric)) else list(asked)
    texts = {key: value for key, value in options.items() if isinstance(value, str)}
    built = with_options(
        build(given, texts, text=True), {key: value for key, value in options.items() if key not in texts}
    )
    named = set() if asked is None else {_name(one) for one in given if one != ALL}
    found, left_out = {}, []
    for name, metric in built.items():
        if not (why := _obstacle(metric, samples, blocks)):
            found[name] = metric
        elif name.partition(":")[0] in named:
            raise why
        else:
            left_out.append(f"{name} is left out: {why}")
    if not found:
        raise UsageError(f"no metric is left. {' '.join(left_out)}")
    return found, left_out


def _name(metric: MetricLike) -> str:
    return base_name(metric) if isinstance(metric, str) else registry.name_of("metrics", type(metric))


def _obstacle(metric: Metric, samples: DataSet, blocks: Sequence[PlannedEntry]) -> Exception | None:
    name = registry.name_of("metrics", type(metric))
    if MASK in metric.needs and not samples.has_masks:
        return DataError(
            f"{name} needs to know where the object is, and {samples.name} has neither masks nor boxes. Take data that "
            "have, or other metrics."
        )
    if isinstance(metric, PixelMetric) and metric.certainty and any(block.facts is None for block in blocks):
        return UsageError(f"{name} with a certainty asks how sure the model is; name the model the maps were made for.")
    if all(metric.needs & lacking for block in blocks for lacking in block.lacking):
        if any(block.facts is None for block in blocks):
            return UsageError(f"{name} asks a model about the maps; name the model they were made for.")
        return UsageError(f"{name} has the image explained again, which stored maps cannot be.")
    return None
