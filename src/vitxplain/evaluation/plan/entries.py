"""Who is scored, known before the scoring begins: each model is looked at once, and opened again at its turn."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any, TypeAlias

from torch import nn

from vitxplain import registry
from vitxplain.errors import UsageError
from vitxplain.evaluation.failures import Failure
from vitxplain.evaluation.maps.map_source import ControlMaps, MapSource, MethodMaps
from vitxplain.evaluation.maps.stored_maps import StoredMaps
from vitxplain.evaluation.plan.classes import NoModelError, some
from vitxplain.evaluation.plan.methods import chosen_methods
from vitxplain.evaluation.plan.presets import Preset
from vitxplain.explainers.passes.choose import MethodLike, build
from vitxplain.explainers.passes.fit import require
from vitxplain.explanation.provenance import model_facts
from vitxplain.metrics.base import METHOD, MODEL
from vitxplain.metrics.controls import CONTROLS
from vitxplain.models.vision_model import VisionModel
from vitxplain.words import source_name

ModelLike: TypeAlias = "str | PathLike[str] | nn.Module | VisionModel"
Load: TypeAlias = Callable[[ModelLike], VisionModel]


@dataclass(frozen=True, eq=False)
class Entry:
    """A block of the table. `name` is the model's, or that of the folder of maps; `positive` as in `targets_of`."""

    name: str
    model: VisionModel | None
    makers: tuple[MapSource, ...]
    positive: bool = False

    def methods(self) -> dict[str, MapSource]:
        """Who makes the maps of which method; the controls last."""
        return {name: maker for maker in self.makers for name in maker.names}

    def lacking(self, maker: MapSource) -> frozenset[str]:
        """Needs of metrics that nobody can meet for these maps."""
        return maker.without | (frozenset() if self.model else frozenset({MODEL, METHOD}))


@dataclass(frozen=True, eq=False)
class PlannedEntry:
    """An entry as far as it is known while its model is not in memory.

    `facts` are those of the model, None without one; `methods` say what the maps of each depend on, the controls last;
    `lacking` are, for each maker of maps that are no controls, the needs of metrics it cannot meet; `labels` the
    classes of the model.
    """

    name: str
    facts: Mapping[str, Any] | None
    methods: Mapping[str, str]
    lacking: tuple[frozenset[str], ...]
    open: Callable[[], Entry] = field(repr=False)
    labels: Mapping[int, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Selection:
    """What is to be scored on each model; `labels` are the classes of the data, `load` opens a model."""

    methods: Sequence[MethodLike]
    options: Mapping[str, Any]
    stored: StoredMaps | None
    preset: Preset | None
    labels: Sequence[str]
    load: Load


def blocks(models: Sequence[ModelLike], wanted: Selection) -> tuple[list[PlannedEntry], list[Failure], list[str]]:
    """The blocks of the table, the methods that do not fit a model, and which models are left out and why.

    Of several models one at a time is in memory. Stored maps stand beside the methods of the one model, or alone.

    Raises:
        ModelLoadError: no model can be made of a source.
        UsageError: nothing to score, a model named twice, or no such option.
        UnsupportedModelError: no method fits any of the models.
        NoModelError: the preset asks for models of the data's classes, and there is none.
    """
    stored = wanted.stored
    if stored and len(models) > 1:
        raise UsageError(f"maps of one folder are about one model; name one of the {len(models)} models, or none.")
    if not models:
        if not stored:
            raise UsageError("nothing to score: name at least one model, or a folder of maps.")
        if wanted.options or wanted.methods:
            raise UsageError("methods and their options need a model; name one, or leave them out.")
        entry = entry_of(stored.called, None, [stored])
        return [_block(entry, _same(entry))], [], []
    found, unfit, left_out, known = list[PlannedEntry](), list[Failure](), list[str](), set[str]()
    for source in models:
        model = wanted.load(source)
        if why := _other_classes(model, wanted):
            left_out.append(why)
            continue
        entry, reasons, taken = _entry(model, wanted)
        keep = len(models) == 1 or not isinstance(source, (str, PathLike))
        found.append(_block(entry, _same(entry) if keep else _again(source, wanted)))
        unfit += [Failure(entry.name, name, "", f"does not fit: {reason}.") for name, reason in reasons.items()]
        known |= set(taken)
        del model, entry  # before the next is opened
    if not found:
        raise NoModelError(f"no model has the classes of the data ({some(wanted.labels)}). {' '.join(left_out)}")
    if not any(block.lacking for block in found):
        named = wanted.methods or (wanted.preset.methods if wanted.preset else ())
        require(found[0].open().model or wanted.load(models[0]), build(list(named), {}).values())
    if unknown := {key: value for key, value in wanted.options.items() if key not in known}:
        tried = {name for block in found for name in block.methods} & registry.names("explainers").keys()
        build(sorted(tried), unknown, text=True)
    return *_told_apart(found, unfit), left_out


def _entry(model: VisionModel, wanted: Selection) -> tuple[Entry, dict[str, str], list[str]]:
    """The entry of a model, why methods do not fit it, and which options its methods have."""
    stored, preset = wanted.stored, wanted.preset
    positive = bool(preset and preset.positive)
    if stored and not wanted.methods:
        return entry_of(model.source, model, [stored.asking(model)], positive=positive), {}, []
    explainers, reasons, taken = chosen_methods(model, wanted.methods, wanted.options, preset)
    makers: list[MapSource] = [MethodMaps(model, explainers)]
    makers += [stored.asking(model, beside=True)] if stored else []
    return entry_of(model.source, model, makers, positive=positive), reasons, taken


def _block(entry: Entry, again: Callable[[], Entry]) -> PlannedEntry:
    facts = None
    if entry.model:
        pinned = {key: value for key, value in model_facts(entry.model).items() if key != "id"}
        size = list(entry.model.processor.input_size)
        facts = {**pinned, "dtype": str(entry.model.dtype), "input": size}
    methods = {name: maker.facts(name) for name, maker in entry.methods().items()}
    lacking = [entry.lacking(maker) for maker in entry.makers if maker.names and not maker.control]
    labels = entry.model.labels if entry.model else {}
    return PlannedEntry(entry.name, facts, methods, tuple(lacking), again, labels)


def _same(entry: Entry) -> Callable[[], Entry]:
    return lambda: entry


def _again(source: ModelLike, wanted: Selection) -> Callable[[], Entry]:
    return lambda: _entry(wanted.load(source), wanted)[0]


def _other_classes(model: VisionModel, wanted: Selection) -> str | None:
    """Why the preset leaves a model out."""
    theirs = [model.labels[index] for index in sorted(model.labels)]
    if not (wanted.preset and wanted.preset.own_classes) or set(theirs) == set(wanted.labels):
        return None
    return f"{source_name(model.source)} is left out: its classes ({some(theirs)}) are not those of the data."


def _told_apart(found: Sequence[PlannedEntry], unfit: Sequence[Failure]) -> tuple[list[PlannedEntry], list[Failure]]:
    """Under the models' short names: a folder's own, the whole path where two are called alike."""
    sources = [block.name for block in found]
    if twice := [source for source in sources if sources.count(source) > 1]:
        raise UsageError(f"a model was named twice: {twice[0]}.")
    short = [source_name(source) for source in sources]
    names = {source: source if short.count(name) > 1 else name for source, name in zip(sources, short, strict=True)}
    return [_renamed(block, names[block.name]) for block in found], [
        replace(one, model=names[one.model]) for one in unfit
    ]


def _renamed(block: PlannedEntry, name: str) -> PlannedEntry:
    return replace(block, name=name, open=lambda: replace(block.open(), name=name))


def entry_of(name: str, model: VisionModel | None, makers: Sequence[MapSource], *, positive: bool = False) -> Entry:
    """With the controls, which every table has."""
    return Entry(name, model, (*makers, ControlMaps(CONTROLS, model)), positive)
