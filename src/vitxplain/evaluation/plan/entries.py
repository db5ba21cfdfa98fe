"""The entries of the table: each model with the sources of its maps, known before the scoring begins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any

from vitxplain import registry
from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import ModelLoadError, UnknownNameError, UsageError
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.maps.class_requests import class_requests
from vitxplain.evaluation.maps.map_source import ControlMaps, MapSource, MethodMaps
from vitxplain.evaluation.maps.sharded_maps import ShardedMaps
from vitxplain.evaluation.maps.stored_maps import StoredMaps
from vitxplain.evaluation.plan.classes import NoModelError, other_classes, some
from vitxplain.evaluation.plan.methods import ChosenMethods, chosen_methods
from vitxplain.evaluation.plan.request import EvaluationRequest, ModelLike
from vitxplain.evaluation.plan.truth_of import check_alike, truth_of
from vitxplain.evaluation.plan.unfit import Unfit, failures_and_notes
from vitxplain.evaluation.regions.answer import ImageAnswer
from vitxplain.evaluation.regions.map_request import MapRequest, plain_request
from vitxplain.evaluation.regions.requests import region_requests
from vitxplain.evaluation.regions.truth import Truth
from vitxplain.explainers.passes.choose import build
from vitxplain.explainers.passes.fit import require
from vitxplain.explanation.provenance import model_facts
from vitxplain.metrics.base import METHOD, MODEL
from vitxplain.metrics.controls import CONTROLS
from vitxplain.models.probing.probe import Probe
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import PROBABILITY, Unit
from vitxplain.words import source_name


@dataclass(frozen=True, eq=False)
class Entry:
    """A model in memory with its sources of maps; `name` is the model's, or that of the folder of maps.

    `positive` and `spelled` as in `class_requests`; `truth` is what maps are scored against of a model that finds
    things.
    """

    name: str
    model: VisionModel | None
    map_sources: tuple[MapSource, ...]
    positive: bool = False
    truth: Truth | None = None
    spelled: str | None = None

    def methods(self) -> dict[str, MapSource]:
        """Who makes the maps of which method; the controls last."""
        return {name: map_source for map_source in self.map_sources for name in map_source.names}

    def requests(self, samples: Sequence[Sample], data: DataSet) -> tuple[list[MapRequest], list[ImageAnswer]]:
        """What is explained of images of the data; and what a model that finds things found of all there is."""
        if self.model is None:
            return [plain_request(sample) for sample in samples], []
        if self.truth is None:
            return class_requests(self.model, samples, positive=self.positive, spelled=self.spelled), []
        found_regions = region_requests(self.name, self.model, samples, data, self.truth)
        return found_regions.requests, found_regions.answers

    def lacking(self, map_source: MapSource) -> frozenset[str]:
        """Needs of metrics that nobody can meet for these maps."""
        return map_source.without | (frozenset() if self.model else frozenset({MODEL, METHOD}))


@dataclass(frozen=True, eq=False)
class PlannedEntry:
    """An entry as far as it is known while its model is not in memory.

    `facts` are those of the model, None without one; `methods` say what the maps of each depend on, the controls last;
    `lacking` are, for each source of maps that are no controls, the needs of metrics it cannot meet; `labels` the
    classes of the model, `unit` is that of what it says of them, and `truth` as of an `Entry`.
    """

    name: str
    facts: Mapping[str, Any] | None
    methods: Mapping[str, str]
    lacking: tuple[frozenset[str], ...]
    open: Callable[[], Entry] = field(repr=False)
    labels: Mapping[int, str] = field(default_factory=dict, repr=False)
    unit: Unit = PROBABILITY  # of what the model says
    truth: Truth | None = None
    not_scored: Mapping[str, str] = field(default_factory=dict, repr=False)  # other methods, with a clause why


def plan_entries(request: EvaluationRequest) -> tuple[list[PlannedEntry], list[Failure], list[str]]:
    """The entries of the table, the methods that fit no model, and what else is left out and why.

    Each model is looked at once, and opened again at its turn: of several one at a time is in memory. Stored maps stand
    beside the methods of the one model, or alone.

    Raises:
        ModelLoadError: no model can be made of a source.
        UsageError: nothing to score, a model named twice, or no such option.
        UnsupportedModelError: no method fits any of the models.
        NoModelError: the preset asks for models of the data's classes, and there is none.
    """
    models, stored, options = request.model_list, request.stored_maps, request.options or {}
    if not models:
        if not stored:
            raise UsageError("nothing to score: name at least one model, or a folder of maps.")
        if options or request.method_list:
            raise UsageError("methods and their options need a model; name one, or leave them out.")
        entry, notes = _stored_alone(stored, request)
        (planned_entry,), _ = _short_names([_plan_entry(entry, _keep(entry), {})], [])
        return [planned_entry], [], notes
    planned_entries, unfit, left_out, taken_options = list[PlannedEntry](), list[Unfit](), list[str](), set[str]()
    preset = request.chosen_preset
    for model_like in models:
        model = request.load_model(model_like)
        truth = _truth(model, request)
        if preset and preset.own_classes and (why := other_classes(model, request.samples.labels)):
            left_out.append(why)
            continue
        entry, chosen = _open_entry(model, request, truth)
        keep = len(models) == 1 or not isinstance(model_like, (str, PathLike))
        reopen = _keep(entry) if keep else _reopen(model_like, request, model.probes)
        planned_entries.append(_plan_entry(entry, reopen, chosen.not_scored))
        unfit += [Unfit(entry.name, name, reason) for name, reason in chosen.reasons.items()]
        left_out += [note for note in (*chosen.left_out, *_notes(stored)) if note not in left_out]
        taken_options |= set(chosen.option_names)
        del model, entry  # before the next is opened
    if not planned_entries:
        classes = some(request.samples.labels)
        raise NoModelError(f"no model has the classes of the data ({classes}). {' '.join(left_out)}")
    check_alike({entry.name: entry.truth for entry in planned_entries})
    if not any(planned_entry.lacking for planned_entry in planned_entries):
        methods = request.method_list or (preset.methods if preset else ())
        require(planned_entries[0].open().model or request.load_model(models[0]), build(list(methods), {}).values())
    fitting = {name for planned_entry in planned_entries for name in planned_entry.methods}
    if unknown := {key: value for key, value in options.items() if key not in taken_options}:
        build(sorted(fitting & registry.names("explainers").keys()), unknown, text=True)
    planned_entries, unfit = _short_names(planned_entries, unfit)
    scored = [planned_entry for planned_entry in planned_entries if planned_entry.lacking]
    failures, notes = failures_and_notes(unfit, fitting, {planned_entry.name for planned_entry in scored})
    return scored, failures, [*left_out, *notes]


def entry_of(
    name: str,
    model: VisionModel | None,
    map_sources: Sequence[MapSource],
    *,
    positive: bool = False,
    truth: Truth | None = None,
    spelled: str | None = None,
) -> Entry:
    """With the controls, which every table has."""
    return Entry(name, model, (*map_sources, ControlMaps(CONTROLS, model)), positive, truth, spelled)


def _stored_alone(stored: StoredMaps | ShardedMaps, request: EvaluationRequest) -> tuple[Entry, list[str]]:
    """The entry of maps without a model named: with the model that a run of `explain_dataset` says, if it opens."""
    notes = _notes(stored)
    if isinstance(stored, ShardedMaps):
        try:
            model = request.load_model(stored.model_source)
        except (ModelLoadError, UnknownNameError) as error:
            why = f"the model the maps were made by is not asked, since it cannot be opened ({error})"
            notes.append(f"{why} Name it with --model for metrics that ask it.")
        else:
            _truth(model, request)
            return _open_entry(model, request, None)[0], notes
    return entry_of(stored.called, None, [stored]), notes


def _notes(stored: StoredMaps | ShardedMaps | None) -> list[str]:
    return list(stored.left_out) if isinstance(stored, ShardedMaps) else []


def _truth(model: VisionModel, request: EvaluationRequest) -> Truth | None:
    """What the model's maps are scored against; raises UsageError where that does not go with what is asked."""
    truth = truth_of(model, request.samples, request.truth, request.min_score)
    preset = request.chosen_preset
    if truth and (request.stored_maps or (preset and preset.own_classes)):
        stored = request.stored_maps is not None
        subject, option = ("stored maps are", "maps (--maps)") if stored else (f"the preset {request.preset} is", "it")
        raise UsageError(
            f"{subject} about images as a whole, and of {source_name(model.source)} each {truth.noun} has a map of its "
            f"own; leave {option} out."
        )
    return truth


def _open_entry(model: VisionModel, request: EvaluationRequest, truth: Truth | None) -> tuple[Entry, ChosenMethods]:
    """The entry of a model, and its methods."""
    stored, preset, methods = request.stored_maps, request.chosen_preset, request.method_list
    positive = bool(preset and preset.positive)
    spelled = stored.target if isinstance(stored, ShardedMaps) else None
    if stored and not methods:
        sources = [stored.with_model(model)]
        return entry_of(model.source, model, sources, positive=positive, spelled=spelled), ChosenMethods()
    chosen = chosen_methods(model, methods, request.options or {}, preset)
    map_sources: list[MapSource] = [MethodMaps(model, chosen.explainers)]
    map_sources += [stored.with_model(model, beside=True)] if stored else []
    return entry_of(model.source, model, map_sources, positive=positive, truth=truth, spelled=spelled), chosen


def _plan_entry(entry: Entry, reopen: Callable[[], Entry], not_scored: Mapping[str, str]) -> PlannedEntry:
    facts = None
    if entry.model:
        pinned = {key: value for key, value in model_facts(entry.model).items() if key != "id"}
        facts = {**pinned, "dtype": str(entry.model.dtype), "input": list(entry.model.processor.input_size)}
    methods = {name: map_source.facts(name) for name, map_source in entry.methods().items()}
    lacking = [entry.lacking(source) for source in entry.map_sources if source.names and not source.control]
    labels = entry.model.labels if entry.model else {}
    unit = entry.model.task.unit if entry.model else PROBABILITY
    return PlannedEntry(entry.name, facts, methods, tuple(lacking), reopen, labels, unit, entry.truth, not_scored)


def _keep(entry: Entry) -> Callable[[], Entry]:
    return lambda: entry


def _reopen(
    model_like: ModelLike, request: EvaluationRequest, probes: Mapping[tuple[int, int], Probe]
) -> Callable[[], Entry]:
    def reopened() -> Entry:
        model = request.load_model(model_like).knowing(probes)
        return _open_entry(model, request, _truth(model, request))[0]

    return reopened


def _short_names(
    planned_entries: Sequence[PlannedEntry], unfit: Sequence[Unfit]
) -> tuple[list[PlannedEntry], list[Unfit]]:
    """Under the models' short names: a folder's own, the whole path where two are called alike."""
    sources = [planned_entry.name for planned_entry in planned_entries]
    if twice := [source for source in sources if sources.count(source) > 1]:
        raise UsageError(f"a model was named twice: {twice[0]}.")
    short = [source_name(source) for source in sources]
    names = {source: source if short.count(name) > 1 else name for source, name in zip(sources, short, strict=True)}
    renamed = [_rename(planned_entry, names[planned_entry.name]) for planned_entry in planned_entries]
    return renamed, [replace(case, model=names[case.model]) for case in unfit]


def _rename(planned_entry: PlannedEntry, name: str) -> PlannedEntry:
    return replace(planned_entry, name=name, open=lambda: replace(planned_entry.open(), name=name))
