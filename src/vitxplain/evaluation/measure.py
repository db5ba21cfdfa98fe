"""One request carried out: planned, then all entries of the table scored, one model after the other."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from accelerate import PartialState
from accelerate.utils import gather_object

from vitxplain.data.sample import DataSet
from vitxplain.errors import DataError
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.failures import Failure, sentences
from vitxplain.evaluation.plan.entries import Entry, PlannedEntry, plan_entries
from vitxplain.evaluation.plan.metrics import chosen_metrics, left_out_sentences, validation_of
from vitxplain.evaluation.plan.request import EvaluationRequest
from vitxplain.evaluation.regions.answer import ImageAnswer
from vitxplain.evaluation.scoring.best_thresholds import Levels, at_level, chosen_levels
from vitxplain.evaluation.scoring.cost import Cost, costs
from vitxplain.evaluation.scoring.fingerprint import fingerprint_of
from vitxplain.evaluation.scoring.loop import MethodMetrics, share_of
from vitxplain.evaluation.scoring.means_so_far import MeansSoFar
from vitxplain.evaluation.scoring.score import score_entry
from vitxplain.evaluation.scoring.store import Store, one_writer
from vitxplain.evaluation.table.regions_found import nothing_found, regions_found
from vitxplain.metrics.base import Metric
from vitxplain.processes import join_processes
from vitxplain.words import source_name

Watch: TypeAlias = Callable[[MeansSoFar], object]


@dataclass(frozen=True, eq=False)
class EvaluationPlan:
    """Everything derived from a request.

    `samples` and `validation` are the images as they are scored, `unfit` the methods that fit no model,
    `left_out` says which models and methods were not taken in and why, `metrics_left_out` why metrics were not, by
    their names; `cost` whether methods are timed, too.
    """

    request: EvaluationRequest
    samples: DataSet
    validation: DataSet | None
    entries: tuple[PlannedEntry, ...]
    metrics: Mapping[str, Metric]
    unfit: tuple[Failure, ...]
    left_out: tuple[str, ...]
    metrics_left_out: Mapping[str, str]
    cost: bool


def plan_of(request: EvaluationRequest) -> EvaluationPlan:
    """The plan; errors as of `evaluate`."""
    preset = request.chosen_preset
    samples = preset.data(request.samples) if preset else request.samples
    entries, unfit, models_left_out = plan_entries(request)
    metrics, metrics_left_out, broken = chosen_metrics(
        list(preset.metrics) if preset else request.metrics, request.metric_options or {}, samples, entries
    )
    validation = validation_of(request.validation_source, samples, metrics)
    return EvaluationPlan(
        request=request,
        samples=samples,
        validation=preset.data(validation) if preset and validation else validation,
        entries=tuple(entries),
        metrics=metrics,
        unfit=(*unfit, *broken),
        left_out=tuple(models_left_out),
        metrics_left_out=metrics_left_out,
        cost=request.cost or bool(preset and preset.cost),
    )


def measure(request: EvaluationRequest, progress: Callable[[int], object], watch: Watch = lambda _: None) -> Evaluation:
    """Every model and method on every image; errors as of `evaluate`.

    `progress` is called with how many images more are done, and `watch` with the means so far: at first before any
    image of a model.
    """
    request.check()
    state, _ = join_processes(request.device)
    with one_writer(request.folder):
        return _measured(request, state, progress, watch)


def _measured(
    request: EvaluationRequest, state: PartialState, progress: Callable[[int], object], watch: Watch
) -> Evaluation:
    plan = plan_of(request)
    fingerprint = fingerprint_of(plan.samples, plan.entries, plan.metrics, request.preset)
    store, skipped = Store(request.folder, state.process_index), list[str]()
    store.begin(fingerprint, overwrite=request.overwrite)
    levels, failures, method_costs = dict[str, Levels](), list(plan.unfit), list[Cost]()
    with store:
        for planned_entry in plan.entries:
            entry_levels, entry_failures, entry_costs = _measure_entry(
                planned_entry.open(), plan, store, skipped, progress, watch
            )
            levels[planned_entry.name] = entry_levels
            failures += entry_failures
            method_costs += entry_costs
    state.wait_for_everyone()
    skipped, failures = gather_object(skipped), gather_object(failures)
    methods = [(entry.name, method) for entry in plan.entries for method in entry.methods]
    map_scores, answers = store.map_scores(methods), store.answers()
    if not map_scores or (request.stored_maps and all(map_score.control for map_score in map_scores)):
        why = " ".join([*_nothing_found(plan.entries, answers), *skipped[:3], *sentences(failures)[:3]])
        raise DataError(f"not one map of {plan.samples.name} ({plan.samples.split}) could be scored. {why}".strip())
    return Evaluation(
        map_scores=map_scores,
        metrics=plan.metrics,
        data=plan.samples,
        entries=plan.entries,
        fingerprint=fingerprint,
        skipped=tuple(dict.fromkeys(skipped)),
        failures=tuple(dict.fromkeys(failures)),
        left_out=(*plan.left_out, *left_out_sentences(plan.metrics_left_out)),
        metrics_left_out=plan.metrics_left_out,
        costs=tuple(method_costs),
        levels=levels,
        preset=request.preset,
        answers=answers,
    )


def _nothing_found(entries: Sequence[PlannedEntry], answers: Collection[ImageAnswer]) -> list[str]:
    """Why models that find things have no map, each a sentence."""
    of_entries = {entry.name: [answer for answer in answers if answer.model == entry.name] for entry in entries}
    return [
        nothing_found(regions_found(entry.name, entry.truth, of_entries[entry.name]))
        for entry in entries
        if entry.truth and not any(answer.names for answer in of_entries[entry.name])
    ]


def _measure_entry(
    entry: Entry,
    plan: EvaluationPlan,
    store: Store,
    skipped: list[str],
    progress: Callable[[int], object],
    watch: Watch,
) -> tuple[Levels, list[Failure], list[Cost]]:
    """All of one entry; its model is forgotten with the call."""
    levels, failures, batch_size = Levels(), list[Failure](), plan.request.batch_size
    if plan.validation is not None:
        levels, failures = chosen_levels(entry, plan.metrics, plan.validation, batch_size, plan.request.folder)
    metrics = {
        method: {
            name: metric_at_level
            for name, metric in plan.metrics.items()
            if not metric.needs & entry.lacking(map_source)
            and (metric_at_level := at_level(name, metric, levels.get(method, {})))
        }
        for method, map_source in entry.methods().items()
    }
    means = _means_so_far(entry, metrics, plan.samples, store)
    watch(means)

    def done(count: int) -> None:
        progress(count)
        means.images += count
        watch(means)

    score_entry(
        entry, metrics, plan.samples, store, batch_size, means=means, skipped=skipped, failures=failures, done=done
    )
    return levels, failures, list(costs([entry], plan.samples, batch_size)) if plan.cost else []


def _means_so_far(entry: Entry, metrics: MethodMetrics, samples: DataSet, store: Store) -> MeansSoFar:
    """With the scores of an earlier run; of several processes each has its share of the images."""
    sources = entry.methods()
    methods = {method: list(names) for method, names in metrics.items() if not sources[method].control}
    better = {name: metric.better for of_method in metrics.values() for name, metric in of_method.items()}
    means = MeansSoFar(entry.name, source_name(samples.name), methods, len(share_of(samples)), better)
    means.add(store.known([(entry.name, method) for method in methods]))
    return means
