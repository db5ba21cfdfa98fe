"""The maps of one model, batch by batch, each scored by the metrics that are still missing."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
from accelerate import PartialState

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet, Sample
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.maps.map_source import MapSource, ScoredMap
from vitxplain.evaluation.maps.targets import ExplainedClass, targets_of
from vitxplain.evaluation.plan.classes import matched
from vitxplain.evaluation.plan.entries import Entry
from vitxplain.evaluation.scoring.map_scores import Curve, MapScores
from vitxplain.evaluation.scoring.store import Store
from vitxplain.metrics.base import MASK, Case, Metric
from vitxplain.metrics.curve import CurveMetric, area
from vitxplain.metrics.pixels import PixelMetric


def score_all(
    entry: Entry,
    metrics: Mapping[str, Mapping[str, Metric]],
    samples: DataSet,
    store: Store,
    batch_size: int,
    skipped: list[str],
) -> Iterator[tuple[int, list[Failure]]]:
    """Put what is still missing into the store; after each batch how many images it had, and what failed.

    `metrics` are those of each method, by name. Of several processes each takes its share of the images.
    """
    state = PartialState()
    classes = matched(entry.model.labels, samples.labels) if entry.model else None
    mine = range(state.process_index, len(samples), state.num_processes)
    for start in range(0, len(mine), batch_size):
        part = mine[start : start + batch_size]
        batch = [sample for _, sample in readable(samples, lambda _, error: skipped.append(str(error)), part)]
        failures: list[Failure] = []
        with undisturbed(entry.model.module) if entry.model else nullcontext():
            for lines in _batch(entry, metrics, batch, classes, store, failures):
                store.add(lines)
        yield len(part), failures


def _batch(
    entry: Entry,
    metrics: Mapping[str, Mapping[str, Metric]],
    batch: Sequence[Sample],
    classes: Sequence[int] | None,
    store: Store,
    failures: list[Failure],
) -> Iterator[list[MapScores]]:
    """The lines of one sample after the other; `classes` are the model's of each class of the data, if it has them."""
    methods = entry.methods()
    wanted = {
        sample.name: {
            name: {one: metrics[name][one] for one in store.missing(entry.name, name, sample.name, metrics[name])}
            for name in methods
        }
        for sample in batch
    }
    batch = [sample for sample in batch if any(wanted[sample.name].values())]
    if not batch:
        return
    asked_about = targets_of(entry.model, batch, positive=entry.positive) if entry.model else []
    made: dict[str, list[ScoredMap | Exception]] = {}
    for maker in entry.makers:
        if names := [name for name in maker.names if any(wanted[sample.name][name] for sample in batch)]:
            made |= maker.maps(names, batch, [one.target for one in asked_about])
    for place, sample in enumerate(batch):
        lines, about = [], asked_about[place] if asked_about else None
        for name, maps in made.items():
            found = maps[place]
            if isinstance(found, Exception):
                failures.append(Failure(entry.name, name, sample.name, _said(found)))
            elif (asked := wanted[sample.name][name]) and found.broken:
                lines.append(_undefined(entry, name, sample.name, found, asked))
            elif asked:
                case = case_of(found, sample, methods[name], name, about)
                lines.append(_line(entry, name, sample.name, found, case, asked, failures))
        right = about.top == classes[sample.label] if about and classes else None
        yield [replace(line, right=right, probability=about and round(about.probability, 6)) for line in lines]


def case_of(made: ScoredMap, sample: Sample, maker: MapSource, name: str, asked: ExplainedClass | None) -> Case:
    """What metrics see of one map; without a model nothing was asked."""
    known = sample.mask is not None or sample.boxes is not None
    subject = maker.subject(name, asked.target) if asked else None
    mask = sample.object_mask() if known else None
    return Case(made.heat.astype(np.float64), sample.image, mask, subject, asked.probability if asked else None)


def _line(
    entry: Entry,
    name: str,
    image: str,
    made: ScoredMap,
    case: Case,
    metrics: Mapping[str, Metric],
    failures: list[Failure],
) -> MapScores:
    scores, curves = {}, {}
    for metric, one in metrics.items():
        try:
            scores[metric], curve = _scored(one, case)
        except Exception as error:  # a metric may fail in any way; what it needed is asked again by the next run
            failures.append(Failure(entry.name, name, image, f"{metric}: {_said(error)}"))
            continue
        if curve:
            curves[metric] = curve
    counted = {metric: one for metric, one in metrics.items() if isinstance(one, PixelMetric) and metric in scores}
    counts = {metric: one.counts(case) for metric, one in counted.items() if case.mask is not None}
    seen = case.heat[np.isfinite(case.heat)]
    constant = not seen.size or bool(seen.min() == seen.max())
    control = entry.methods()[name].control
    return MapScores(entry.name, name, image, scores, counts, curves, constant, False, made.stretched, control)


def _undefined(entry: Entry, name: str, image: str, made: ScoredMap, metrics: Iterable[str]) -> MapScores:
    """Of a broken map: what is no number has no rank, and what is left of it is another map."""
    scores, control = dict.fromkeys(metrics, math.nan), entry.methods()[name].control
    return MapScores(entry.name, name, image, scores, broken=True, stretched=made.stretched, control=control)


def _scored(metric: Metric, case: Case) -> tuple[float, Curve | None]:
    if MASK in metric.needs and case.mask is None:
        return math.nan, None
    if not isinstance(metric, CurveMetric):
        return float(metric.score(case)), None
    if not np.isfinite(case.heat).any():
        return math.nan, None
    curve = metric.curve(case)
    return area(curve), tuple((round(float(x), 6), round(float(y), 6)) for x, y in curve)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
