"""Every map of one entry scored by the metrics that are still missing."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vitxplain.data.sample import DataSet
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.plan.classes import matched
from vitxplain.evaluation.plan.entries import Entry
from vitxplain.evaluation.regions.answer import ImageAnswer
from vitxplain.evaluation.scoring.curve_points import CurvePoints
from vitxplain.evaluation.scoring.loop import ExplainedSample, MethodMetrics, Questions, explain_samples
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.scoring.means_so_far import MeansSoFar
from vitxplain.evaluation.scoring.shared_curves import SharedCurves, StepCurve, shared_curves
from vitxplain.evaluation.scoring.store import Store
from vitxplain.metrics.base import MASK, Case, Metric
from vitxplain.metrics.confidence import ConfidenceMetric
from vitxplain.metrics.curve import CurveMetric, area
from vitxplain.metrics.pixels import PixelMetric
from vitxplain.metrics.plugin_failure import metric_errors, number
from vitxplain.tasks.base import PROBABILITY


def score_entry(
    entry: Entry,
    metrics: MethodMetrics,
    samples: DataSet,
    store: Store,
    batch_size: int,
    *,
    means: MeansSoFar,
    skipped: list[str],
    failures: list[Failure],
    done: Callable[[int], object],
) -> None:
    """Put what is still missing into the store, image by image; `done` hears how many images more are done.

    `means` take in every new score, and `skipped` and `failures` grow by the images that cannot be read and the maps
    that cannot be made or scored.
    """
    classes = matched(entry.model.labels, samples.labels) if entry.model and not entry.truth else None

    def score(explained_samples: Sequence[ExplainedSample]) -> Iterator[ExplainedSample]:
        for explained_sample, curves in shared_curves(entry, explained_samples):
            keep(_score_sample(entry, explained_sample, classes, failures, curves))
            yield explained_sample

    def keep(map_scores: Sequence[MapScores]) -> None:
        store.add(map_scores)
        means.add(map_scores)

    missing = _Missing(entry, metrics, store)
    explain_samples(entry, samples, batch_size, missing, score, done=done, skip=skipped.append)


@dataclass(frozen=True, eq=False)
class _Missing(Questions):
    """What the store does not have yet."""

    entry: Entry
    all_metrics: MethodMetrics
    store: Store

    def regions(self, image: str) -> Sequence[str] | None:
        if self.entry.truth is None:
            return [""]
        answer = self.store.answer(self.entry.name, image)
        return None if answer is None else answer.names

    def metrics(self, image: str, region: str) -> MethodMetrics:
        return {
            method: {
                name: self.all_metrics[method][name]
                for name in self.store.missing((self.entry.name, method, image, region), self.all_metrics[method])
            }
            for method in self.entry.methods()
        }

    def answer(self, answer: ImageAnswer) -> None:
        self.store.add_answer(answer)


def _score_sample(
    entry: Entry,
    explained_sample: ExplainedSample,
    classes: Sequence[int] | None,
    failures: list[Failure],
    curves: SharedCurves,
) -> list[MapScores]:
    """The scores of each map of an image; `classes` are the model's of each class of the data, if it has them."""
    request = explained_sample.request
    sample, described = request.sample, request.description
    right = request.top.index == classes[sample.label] if request.top and classes else None
    probability = round(described.probability, 6) if described and described.unit == PROBABILITY else None
    methods, map_scores = entry.methods(), []
    for method, scored_map in explained_sample.maps.items():
        metrics = explained_sample.metrics[method]
        if isinstance(scored_map, Exception):
            failures.append(Failure(entry.name, method, _named(sample.name, request.region), _words(scored_map)))
        elif metrics:
            # Of a broken map no metric is defined: what is no number has no rank, and what is left is another map.
            undefined = MapScores(
                entry.name,
                method,
                sample.name,
                dict.fromkeys(metrics, math.nan),
                broken=scored_map.broken,
                stretched=scored_map.stretched,
                control=methods[method].control,
                right=right,
                probability=probability,
                region=request.region,
            )
            if scored_map.broken:
                map_scores.append(undefined)
            else:
                case = explained_sample.case(method, methods[method])
                of_map = {name: curves.get((id(explained_sample), method, name)) for name in metrics}
                map_scores.append(_score_map(undefined, case, metrics, failures, of_map))
    return map_scores


def _score_map(
    undefined: MapScores,
    case: Case,
    metrics: Mapping[str, Metric],
    failures: list[Failure],
    known_curves: Mapping[str, StepCurve | None],
) -> MapScores:
    """The same with the scores of the metrics; those of a metric that fails are missing."""
    scores, curves = {}, {}
    for name, metric in metrics.items():
        try:
            scores[name], curve = _score(metric, case, known_curves[name])
        except Exception as error:  # a metric may fail in any way; what it needed is asked again by the next run
            message = f"{name}: {_words(error)}"
            failures.append(Failure(undefined.model, undefined.method, _named(*undefined.subject), message))
            continue
        if curve:
            curves[name] = curve
    counts = {
        name: metric.counts(case)
        for name, metric in metrics.items()
        if isinstance(metric, PixelMetric) and name in scores and case.mask is not None
    }
    finite = case.heat[np.isfinite(case.heat)]
    constant = not finite.size or bool(finite.min() == finite.max())
    return replace(undefined, scores=scores, counts=counts, curves=curves, constant=constant)


def _score(metric: Metric, case: Case, known_curve: StepCurve | None) -> tuple[float, CurvePoints | None]:
    if MASK in metric.needs and case.mask is None:
        return math.nan, None
    with metric_errors(metric):
        if isinstance(metric, ConfidenceMetric) and known_curve is not None:
            return number(metric.of(*known_curve[:, 1].tolist())), None
        if not isinstance(metric, CurveMetric):
            return number(metric.score(case)), None
        if not np.isfinite(case.heat).any():
            return math.nan, None
        curve = metric.curve(case) if known_curve is None else known_curve
        return area(curve), CurvePoints((round(float(x), 6), round(float(y), 6)) for x, y in curve)


def _named(image: str, region: str) -> str:
    return f"{image} {region}" if region else image


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
