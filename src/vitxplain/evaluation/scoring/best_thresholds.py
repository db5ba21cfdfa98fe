"""The threshold "best": the level at which a method's maps do best on validation images, which are not scored."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from accelerate import PartialState
from accelerate.utils import gather_object
from jaxtyping import Int

from vitxplain.data.load import EmptySplitError
from vitxplain.data.readable import readable
from vitxplain.data.sample import DataSet
from vitxplain.data.subset import spread
from vitxplain.errors import UsageError
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.maps.map_source import ScoredMap
from vitxplain.evaluation.maps.targets import targets_of
from vitxplain.evaluation.plan.entries import Entry
from vitxplain.evaluation.scoring.score import case_of
from vitxplain.evaluation.scoring.store import THRESHOLDS
from vitxplain.files.write import write_together
from vitxplain.metrics.base import Case, Metric
from vitxplain.metrics.pixels import Counts, PixelMetric
from vitxplain.metrics.thresholds import LEVELS, counts_at_levels
from vitxplain.processes import in_one_process

Levels: TypeAlias = dict[str, dict[str, float]]  # by method and metric
Totals: TypeAlias = dict[tuple[str, str], Int[np.ndarray, "level 4"]]


def to_choose(metrics: Mapping[str, Metric]) -> dict[str, PixelMetric]:
    """The metrics whose threshold is to be chosen."""
    return {name: one for name, one in metrics.items() if isinstance(one, PixelMetric) and one.threshold == "best"}


def validation_of(
    asked: DataSet | Callable[[], DataSet] | None, samples: DataSet, metrics: Mapping[str, Metric]
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
    if asked is None:
        raise UsageError(
            f"the threshold of {names[0]} is chosen on validation images; with a data set of your own give them as "
            "validation=."
        )
    if isinstance(asked, DataSet):
        return asked
    try:
        return asked()
    except EmptySplitError as error:
        raise UsageError(
            f"{names[0]}.threshold=best chooses the threshold on validation images, and of {samples.name} there are "
            "none. Give -o data.ratio=TRAIN,VALIDATION,TEST with a share for them, such as 0,0.2,0.8, or another "
            f"threshold, such as -o {names[0]}.threshold=otsu."
        ) from error


def chosen_levels(
    entry: Entry, metrics: Mapping[str, Metric], validation: DataSet, batch_size: int, folder: Path | None
) -> tuple[Levels, list[Failure]]:
    """For each method of an entry the best level of each metric; what an earlier run chose stays.

    All pixels of the validation images are counted together, for each of `LEVELS`; of several processes each looks at
    its share of the images.
    """
    known = _read(folder).get(entry.name, {})
    levels: Levels = {method: dict(known.get(method, {})) for method in entry.methods()}
    missing = {
        method: {name: one for name, one in to_choose(metrics).items() if name not in levels[method]}
        for method in levels
    }
    if not any(missing.values()):
        return levels, []
    totals: Totals = {}
    for count in sorted({one.images for those in missing.values() for one in those.values()}):
        part = validation if len(validation) <= count else spread(validation, count)
        asked = {
            method: {name: one for name, one in those.items() if one.images == count}
            for method, those in missing.items()
        }
        for key, counts in _counted(entry, asked, part, batch_size):
            totals[key] = totals.get(key, 0) + counts
    everywhere: Totals = {}
    for share in gather_object([totals]):
        for key, counts in share.items():
            everywhere[key] = everywhere.get(key, 0) + counts
    failures = []
    for method, those in missing.items():
        for name, one in those.items():
            rows = everywhere[method, name].tolist() if (method, name) in everywhere else [Counts(0, 0, 0, 0)]
            figures = np.array([one.of(Counts(*row)) for row in rows])
            if np.isnan(figures).all():
                why = f"{name}: no threshold could be chosen on {validation.name} (validation): there is no map to cut."
                failures.append(Failure(entry.name, method, "", why))
            else:
                levels[method][name] = float(LEVELS[np.nanargmax(figures)])
    if folder:
        in_one_process(lambda: _write(folder, entry.name, levels))
    return levels, failures


def at_level(name: str, metric: Metric, levels: Mapping[str, float]) -> Metric | None:
    """The metric with the threshold chosen for it; None where none could be."""
    if not (isinstance(metric, PixelMetric) and metric.threshold == "best"):
        return metric
    return replace(metric, threshold="fixed", level=levels[name]) if name in levels else None


def _counted(
    entry: Entry, asked: Mapping[str, Mapping[str, PixelMetric]], samples: DataSet, batch_size: int
) -> Iterator[tuple[tuple[str, str], Int[np.ndarray, "level 4"]]]:
    """By method and metric the counts of one image after the other."""
    state = PartialState()
    mine = range(state.process_index, len(samples), state.num_processes)
    for start in range(0, len(mine), batch_size):
        part = mine[start : start + batch_size]
        batch = [sample for _, sample in readable(samples, lambda *_: None, part)]
        about = targets_of(entry.model, batch, positive=entry.positive) if entry.model and batch else []
        for maker in entry.makers:
            names = [name for name in maker.names if asked[name]]
            made = maker.maps(names, batch, [one.target for one in about]) if names and batch else {}
            for name, maps in made.items():
                for place, one in enumerate(maps):
                    if isinstance(one, ScoredMap) and not one.broken:
                        case = case_of(one, batch[place], maker, name, about[place] if about else None)
                        yield from (((name, metric), counts) for metric, counts in _of_case(case, asked[name]))


def _of_case(case: Case, metrics: Mapping[str, PixelMetric]) -> Iterator[tuple[str, Int[np.ndarray, "level 4"]]]:
    if case.mask is None:
        return
    marked, nothing = counts_at_levels(case.heat, case.mask), counts_at_levels(np.zeros_like(case.heat), case.mask)
    for name, metric in metrics.items():
        yield name, marked if metric.marks(case) else nothing


def _read(folder: Path | None) -> dict[str, Levels]:
    try:
        return json.loads((folder / THRESHOLDS).read_text(encoding="utf-8")) if folder else {}
    except FileNotFoundError:
        return {}


def _write(folder: Path, model: str, levels: Levels) -> None:
    chosen = {method: those for method, those in levels.items() if those}
    text = json.dumps(_read(folder) | {model: chosen}, indent=1, ensure_ascii=False)
    write_together({folder / THRESHOLDS: f"{text}\n".encode()})
