"""EvaluationPlan: what a request comes to, settled before the first map is scored."""

from collections.abc import Mapping
from dataclasses import dataclass

from vitxplain.data.sample import DataSet
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.plan.entries import PlannedEntry, plan_entries
from vitxplain.evaluation.plan.metrics import chosen_metrics, validation_of
from vitxplain.evaluation.request import EvaluationRequest
from vitxplain.metrics.base import Metric


@dataclass(frozen=True, eq=False)
class EvaluationPlan:
    """Everything derived from a request.

    `samples` and `validation` are the images as they are scored, `unfit` the methods that do not fit a model,
    `left_out` the models and metrics that were not taken in and why, `cost` whether methods are timed, too.
    """

    request: EvaluationRequest
    samples: DataSet
    validation: DataSet | None
    entries: tuple[PlannedEntry, ...]
    metrics: Mapping[str, Metric]
    unfit: tuple[Failure, ...]
    left_out: tuple[str, ...]
    cost: bool


def plan_of(request: EvaluationRequest) -> EvaluationPlan:
    """The plan; errors as of `evaluate`."""
    preset = request.chosen_preset
    samples = preset.data(request.samples) if preset else request.samples
    entries, unfit, models_left_out = plan_entries(request)
    metrics, metrics_left_out = chosen_metrics(
        list(preset.metrics) if preset else request.metrics, request.metric_options or {}, samples, entries
    )
    validation = validation_of(request.validation_source, samples, metrics)
    return EvaluationPlan(
        request=request,
        samples=samples,
        validation=preset.data(validation) if preset and validation else validation,
        entries=tuple(entries),
        metrics=metrics,
        unfit=tuple(unfit),
        left_out=(*models_left_out, *metrics_left_out),
        cost=request.cost or bool(preset and preset.cost),
    )
