"""The threshold "best": the level at which a method's maps do best on validation images, which are not scored."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from accelerate.utils import gather_object
from jaxtyping import Int

from vitxplain.data.sample import DataSet
from vitxplain.data.subset import spread
from vitxplain.errors import UsageError
from vitxplain.escape import utf8
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.plan.entries import Entry
from vitxplain.evaluation.plan.metrics import to_choose
from vitxplain.evaluation.scoring.loop import ExplainedSample, MethodMetrics, Questions, explain_samples
from vitxplain.evaluation.scoring.store import NOTE, THRESHOLDS
from vitxplain.files.documents import read_object
from vitxplain.files.paths import exists
from vitxplain.files.reading import reading
from vitxplain.files.watch import check_there
from vitxplain.files.write import write_together
from vitxplain.metrics.base import Case, Metric
from vitxplain.metrics.pixels import Counts, PixelMetric
from vitxplain.metrics.thresholds import LEVELS, counts_at_levels
from vitxplain.processes import in_one_process

Levels: TypeAlias = dict[str, dict[str, float]]  # by method and metric
Totals: TypeAlias = dict[tuple[str, str], Int[np.ndarray, "level 4"]]


def chosen_levels(
    entry: Entry, metrics: Mapping[str, Metric], validation: DataSet, batch_size: int, folder: Path | None
) -> tuple[Levels, list[Failure]]:
    """For each method of an entry the best level of each metric; what an earlier run chose stays.

    All pixels of the validation images are counted together, for each of `LEVELS`; of several processes each looks at
    its share of the images.
    """
    stored_levels = _read(folder).get(entry.name, {})
    levels: Levels = {method: dict(stored_levels.get(method, {})) for method in entry.methods()}
    missing = {
        method: {name: metric for name, metric in to_choose(metrics).items() if name not in levels[method]}
        for method in levels
    }
    if not any(missing.values()):
        return levels, []
    totals = _gather(_count(entry, missing, validation, batch_size))
    failures = []
    for method, method_metrics in missing.items():
        for name, metric in method_metrics.items():
            rows = totals[method, name].tolist() if (method, name) in totals else [Counts(0, 0, 0, 0)]
            scores = np.array([metric.of(Counts(*row)) for row in rows])
            if np.isnan(scores).all():
                why = f"{name}: no threshold could be chosen on {validation.name} (validation): there is no map to cut."
                failures.append(Failure(entry.name, method, "", why))
            else:
                levels[method][name] = float(LEVELS[np.nanargmax(scores)])
    if folder:
        in_one_process(lambda: _write(folder, entry.name, levels))
    return levels, failures


def at_level(name: str, metric: Metric, levels: Mapping[str, float]) -> Metric | None:
    """The metric with the threshold chosen for it; None where none could be."""
    if not (isinstance(metric, PixelMetric) and metric.threshold == "best"):
        return metric
    return replace(metric, threshold="fixed", level=levels[name]) if name in levels else None


def _count(
    entry: Entry, metrics: Mapping[str, Mapping[str, PixelMetric]], validation: DataSet, batch_size: int
) -> Totals:
    """By method and metric the counts of all images this process looks at."""
    totals: Totals = {}

    def add(explained_samples: Sequence[ExplainedSample]) -> Sequence[ExplainedSample]:
        maps = [(sample, method) for sample in explained_samples for method in sample.maps]
        for explained_sample, method in maps:
            scored_map = explained_sample.maps[method]
            if isinstance(scored_map, Exception) or scored_map.broken:
                continue
            case = explained_sample.case(method, entry.methods()[method])
            for name, counts in _count_map(case, explained_sample.metrics[method]):
                totals[method, name] = totals.get((method, name), 0) + counts
        return explained_samples

    for images in sorted({metric.images for group in metrics.values() for metric in group.values()}):
        samples = validation if len(validation) <= images else spread(validation, images)
        of_so_many = {
            method: {name: metric for name, metric in group.items() if metric.images == images}
            for method, group in metrics.items()
        }
        explain_samples(entry, samples, batch_size, _Same(of_so_many), add)
    return totals


@dataclass(frozen=True, eq=False)
class _Same(Questions):
    """The same metrics of everything in every image."""

    all_metrics: MethodMetrics

    def regions(self, image: str) -> None: ...

    def metrics(self, image: str, region: str) -> MethodMetrics:
        return self.all_metrics


def _count_map(case: Case, metrics: Mapping[str, Metric]) -> Iterator[tuple[str, Int[np.ndarray, "level 4"]]]:
    if case.mask is None:
        return
    marked, nothing = counts_at_levels(case.heat, case.mask), counts_at_levels(np.zeros_like(case.heat), case.mask)
    for name, metric in metrics.items():
        if isinstance(metric, PixelMetric):
            yield name, marked if metric.marks(case) else nothing


def _gather(totals: Totals) -> Totals:
    """The sums over all processes."""
    sums: Totals = {}
    for share in gather_object([totals]):
        for key, counts in share.items():
            sums[key] = sums.get(key, 0) + counts
    return sums


def _read(folder: Path | None) -> dict[str, Levels]:
    """What is stored; raises UsageError where the file holds something else."""
    if folder is None or not exists(folder / THRESHOLDS):
        return {}
    with reading(folder / THRESHOLDS, *NOTE, UsageError):
        return {
            model: {
                method: {metric: float(level) for metric, level in levels.items()} for method, levels in methods.items()
            }
            for model, methods in read_object(folder / THRESHOLDS).items()
        }


def _write(folder: Path, model: str, levels: Levels) -> None:
    check_there(folder)
    chosen = {method: thresholds for method, thresholds in levels.items() if thresholds}
    text = json.dumps(_read(folder) | {model: chosen}, indent=1, ensure_ascii=False)
    write_together({folder / THRESHOLDS: utf8(f"{text}\n")})
