"""One data set: all blocks of the table scored, one model after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accelerate import PartialState
from accelerate.utils import gather_object

from vitxplain.data.sample import DataSet
from vitxplain.errors import DataError
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.failures import Failure, sentences
from vitxplain.evaluation.plan.entries import Entry, ModelLike, PlannedEntry, Selection, blocks
from vitxplain.evaluation.plan.metrics import MetricsLike, chosen_metrics
from vitxplain.evaluation.scoring.best_thresholds import Levels, at_level, chosen_levels, validation_of
from vitxplain.evaluation.scoring.cost import Cost, costs
from vitxplain.evaluation.scoring.fingerprint import asked_of
from vitxplain.evaluation.scoring.map_scores import Key, MapScores
from vitxplain.evaluation.scoring.score import score_all
from vitxplain.evaluation.scoring.store import Store
from vitxplain.metrics.base import Metric


@dataclass(frozen=True, eq=False)
class EvaluationRequest:
    """What is asked of one data set; as the arguments of `evaluate`."""

    models: Sequence[ModelLike]
    samples: DataSet
    wanted: Selection
    metrics: MetricsLike
    metric_options: Mapping[str, Any]
    validation: DataSet | Callable[[], DataSet] | None
    cost: bool


@dataclass(frozen=True, eq=False)
class _Round:
    """What the scoring of each block needs."""

    samples: DataSet
    metrics: Mapping[str, Metric]
    validation: DataSet | None
    store: Store
    folder: Path | None
    batch_size: int
    skipped: list[str]
    progress: Callable[[int], object]
    cost: bool


def measured(
    question: EvaluationRequest,
    folder: Path | None,
    batch_size: int,
    progress: Callable[[int], object],
    *,
    overwrite: bool,
) -> Evaluation:
    """Every model and method on every image; errors as of `evaluate`."""
    state, wanted, way = PartialState(), question.wanted, question.wanted.preset
    samples = way.data(question.samples) if way else question.samples
    planned, failures, without = blocks(question.models, wanted)
    asked_metrics = list(way.metrics) if way else question.metrics
    metrics, left_out = chosen_metrics(asked_metrics, question.metric_options, samples, planned)
    validation = validation_of(question.validation, samples, metrics)
    validation = way.data(validation) if way and validation else validation
    asked = asked_of(samples, planned, metrics, way.name if way else None)
    store, skipped = Store(folder, state.process_index), list[str]()
    store.begin(asked, overwrite=overwrite)
    levels, spent = dict[str, Levels](), list[Cost]()
    cost = question.cost or bool(way and way.cost)
    with store:
        now = _Round(samples, metrics, validation, store, folder, batch_size, skipped, progress, cost)
        for block in planned:
            levels[block.name], failed, its_costs = _scored(block.open(), now)
            failures += failed
            spent += its_costs
    state.wait_for_everyone()
    skipped, failures = gather_object(skipped), gather_object(failures)
    lines = _in_order(store.lines(), planned)
    if not lines or (wanted.stored and all(line.control for line in lines)):
        why = " ".join([*skipped[:3], *sentences(failures)[:3]])
        raise DataError(f"not one map of {samples.name} ({samples.split}) could be scored. {why}".strip())
    return Evaluation(
        tuple(lines),
        metrics,
        samples,
        tuple(planned),
        asked,
        tuple(dict.fromkeys(skipped)),
        tuple(dict.fromkeys(failures)),
        (*without, *left_out),
        tuple(spent),
        levels,
        way.name if way else None,
    )


def _scored(entry: Entry, now: _Round) -> tuple[Levels, list[Failure], list[Cost]]:
    """All of one entry; what it was is forgotten with the call."""
    levels, failures = Levels(), list[Failure]()
    if now.validation is not None:
        levels, failures = chosen_levels(entry, now.metrics, now.validation, now.batch_size, now.folder)
    metrics = {
        method: {
            name: at
            for name, one in now.metrics.items()
            if not one.needs & entry.lacking(maker) and (at := at_level(name, one, levels.get(method, {})))
        }
        for method, maker in entry.methods().items()
    }
    for count, failed in score_all(entry, metrics, now.samples, now.store, now.batch_size, now.skipped):
        failures += failed
        now.progress(count)
    return levels, failures, list(costs([entry], now.samples, now.batch_size)) if now.cost else []


def _in_order(known: Mapping[Key, MapScores], planned: Sequence[PlannedEntry]) -> list[MapScores]:
    """Those of what was asked now, in an order that does not depend on who scored them when."""
    order = ((block.name, method) for block in planned for method in block.methods)
    places = {key: place for place, key in enumerate(order)}
    asked = [key for key in known if key[:2] in places]
    return [known[key] for key in sorted(asked, key=lambda key: (places[key[:2]], key[2]))]
