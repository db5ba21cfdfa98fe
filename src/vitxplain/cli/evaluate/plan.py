"""What `vitx evaluate` was asked for, checked before a model is loaded for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vitxplain.cli.shared.run_data import data_in_common
from vitxplain.data.load import options_of
from vitxplain.data.sample import Split
from vitxplain.errors import UsageError
from vitxplain.evaluation.plan.metrics import METRICS
from vitxplain.evaluation.plan.options import SharedOptions, share_out
from vitxplain.evaluation.plan.presets import Preset, default_runs, preset_of
from vitxplain.evaluation.run import each_name
from vitxplain.explainers.passes.choose import check_names
from vitxplain.files.paths import user_path
from vitxplain.metrics.build import check_name
from vitxplain.models.known_models import DEFAULT
from vitxplain.options.parse import key_and_value
from vitxplain.train.config.run_config import absolute_source
from vitxplain.words import slug, source_name

RESULTS: Final = Path("vitx-out/evaluate")
ALL: Final = "all"
SIX_ON: Final = ["digits", "defects"]  # the data sets of the preset deepvisionxplain


@dataclass(frozen=True)
class Typed:
    """The words of the command line."""

    models: Sequence[str]
    data: Sequence[str]
    methods: Sequence[str]
    metrics: Sequence[str]
    options: Sequence[str]
    preset: str | None
    maps: Path | None
    split: Split
    limit: int | None
    out: Path | None


@dataclass(frozen=True)
class Plan:
    """Names as typed, options by who takes them, and where results go. No methods or metrics: the usual ones.

    `models` are those of each data set, `data` the sources by the names of their folders.
    """

    models: dict[str, list[str]]
    data: dict[str, str]
    methods: list[str] | None
    metrics: list[str] | None
    options: SharedOptions
    preset: Preset | None
    maps: Path | None
    split: Split
    limit: int | None
    folder: Path
    trained_on: Mapping[str, Any]  # the options of the data that the models, all runs, have in common

    def data_options(self, name: str) -> dict[str, Any]:
        """Those that a data set has, before those it was trained on with."""
        known = options_of(self.data[name])
        return {**self.trained_on, **{key: value for key, value in self.options.data.items() if key in known}}

    def folder_of(self, name: str) -> Path:
        """Where the results of a data set go."""
        return self.folder if len(self.data) == 1 else self.folder / slug(name)


def plan(typed: Typed) -> Plan:
    """The plan, or the error in it.

    Raises:
        UsageError: a method, metric, option, preset or data set that does not exist, or no runs for the preset.
    """
    preset = preset_of(typed.preset) if typed.preset else None
    six = preset is not None and preset.own_classes
    named, asked, wanted = _listed(typed.models), _listed(typed.methods), _listed(typed.metrics)
    source, trained_on = data_in_common(named) or (None, {})
    sources = _listed(typed.data) or ([source] if source else SIX_ON if six else ["digits"])
    names = each_name(sources)
    if preset and wanted:
        raise UsageError(f"--preset {preset.name} says which metrics there are; leave --metrics out.")
    if twice := [name for name in named if named.count(name) > 1]:
        raise UsageError(f"--model names {twice[0]} twice.")
    if asked and typed.maps and not named:
        raise UsageError(f"--methods {','.join(asked)} needs a model: give --model too.")
    check_names([name for name in asked if name != ALL])
    for name in wanted:
        if name != ALL:
            check_name(name)
    options = dict(key_and_value(option, "-o key=value or -o NAME.key=value") for option in typed.options)
    methods = asked or list(preset.methods if preset else () if typed.maps else ("auto",))
    shares = share_out(options, methods, [] if preset else wanted or METRICS, sources)
    if named or typed.maps or not six:
        models = dict.fromkeys(names, named or ([] if typed.maps else [DEFAULT]))
    else:
        models = dict(zip(names, default_runs(sources), strict=True))
    of = (
        [preset.name]
        if six and not named and preset
        else [*([preset.name] if preset else []), *(named or models[names[0]])]
    )
    folder = user_path(typed.out) if typed.out else RESULTS / _called([*of, *_maps(typed)], names, typed, shares)
    return Plan(
        models=models,
        data=dict(zip(names, sources, strict=True)),
        methods=asked or (None if preset or not typed.maps else []),
        metrics=wanted or None,
        options=shares,
        preset=preset,
        maps=typed.maps,
        split=typed.split,
        limit=typed.limit,
        folder=folder,
        trained_on=trained_on if [absolute_source(one) for one in sources] == [source] else {},
    )


def _maps(typed: Typed) -> list[str]:
    return [typed.maps.name] if typed.maps else []


def _called(of: Sequence[str], data: Sequence[str], typed: Typed, shares: SharedOptions) -> str:
    """A folder for each question; other methods and metrics of the same question go into the same."""
    parts = [*(source_name(one) for one in of), *data, typed.split]
    options = {**shares.methods, **shares.metrics, **shares.data}
    parts += [f"{key}-{value}" for key, value in sorted(options.items())]
    parts += [] if typed.limit is None else [str(typed.limit)]
    return "-".join(slug(part) for part in parts)


def _listed(given: Sequence[str]) -> list[str]:
    return [name.strip() for one in given for name in one.split(",") if name.strip()]
