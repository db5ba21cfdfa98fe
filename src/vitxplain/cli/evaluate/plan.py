"""From the words of `vitx evaluate` to a request for each data set, and the folder of the results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from vitxplain.cli.shared.run_data import data_in_common
from vitxplain.data.load import options_of
from vitxplain.errors import UsageError
from vitxplain.evaluation.maps.sharded_maps import ShardedMaps
from vitxplain.evaluation.maps.stored_maps import StoredMaps
from vitxplain.evaluation.plan.methods import ALL
from vitxplain.evaluation.plan.metrics import METRICS
from vitxplain.evaluation.plan.options import SharedOptions, share_out
from vitxplain.evaluation.plan.presets import Preset, default_runs
from vitxplain.evaluation.plan.request import EvaluationRequest
from vitxplain.evaluation.run import data_names
from vitxplain.explainers.passes.choose import check_names
from vitxplain.files.paths import user_path
from vitxplain.metrics.build import check_name
from vitxplain.models.known_models import DEFAULT
from vitxplain.options.parse import key_and_value
from vitxplain.train.config.run_config import absolute_source
from vitxplain.words import slug, source_name

RESULTS: Final = Path("vitx-out/evaluate")
PRESET_DATA: Final = ["digits", "defects"]  # the data sets of the preset deepvisionxplain


@dataclass(frozen=True)
class TypedNames:
    """Names and options as typed; a text may hold several names with commas between."""

    models: Sequence[str]
    data: Sequence[str]
    methods: Sequence[str]
    metrics: Sequence[str]
    options: Sequence[str]


def plan_requests(typed: TypedNames, request: EvaluationRequest) -> tuple[dict[str, EvaluationRequest], Path]:
    """The request completed for each data set, by the name of its folder; and the folder of all results.

    Raises:
        UsageError: a method, metric, option, preset or data set that does not exist, or no runs for the preset.
    """
    preset, maps = request.chosen_preset, request.maps
    models, methods, metrics = _split(typed.models), _split(typed.methods), _split(typed.metrics)
    trained_on, trained_options = data_in_common(models) or (None, {})
    stored = request.stored_maps
    sources = _split(typed.data) or ([trained_on] if trained_on else _of_maps(stored, maps) or _usual_data(preset))
    names = data_names(sources)
    if preset and metrics:
        raise UsageError(f"--preset {preset.name} says which metrics there are; leave --metrics out.")
    if twice := [name for name in models if models.count(name) > 1]:
        raise UsageError(f"--model names {twice[0]} twice.")
    if methods and maps and not models:
        raise UsageError(f"--methods {','.join(methods)} needs a model: give --model too.")
    check_names([name for name in methods if name != ALL])
    for name in metrics:
        if name != ALL:
            check_name(name)
    options = dict(key_and_value(option, "-o key=value or -o NAME.key=value") for option in typed.options)
    usual_methods = preset.methods if preset else () if maps else ("auto",)
    shares = share_out(options, methods or list(usual_methods), [] if preset else metrics or METRICS, sources)
    runs = bool(preset and preset.own_classes and not models)  # the preset's own, which its name stands for
    if runs and not maps:
        models_of = dict(zip(names, default_runs(sources), strict=True))
    else:
        models_of = dict.fromkeys(names, models or ([] if maps else [DEFAULT]))
    scored = [*([preset.name] if preset else []), *([] if runs else models_of[names[0]])]
    scored += [] if maps is None else [Path(str(maps)).name]
    folder = user_path(request.out) if request.out else RESULTS / _folder_name(scored, names, request, shares)
    inherited = trained_options if [absolute_source(source) for source in sources] == [trained_on] else {}
    return {
        name: replace(
            request,
            models=models_of[name],
            maps=stored,
            data=source,
            methods=methods or (None if preset or not maps else []),
            metrics=metrics or None,
            out=folder if len(names) == 1 else folder / slug(name),
            options=shares.methods,
            metric_options=shares.metrics,
            data_options={**inherited, **_known_options(source, shares.data)},
        )
        for name, source in zip(names, sources, strict=True)
    }, folder


def _split(texts: Sequence[str]) -> list[str]:
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]


def _of_maps(stored: StoredMaps | ShardedMaps | None, maps: object) -> list[str] | None:
    """The data that maps in shards are of; None of others.

    Raises:
        UsageError: they are of a list of files, so that nothing says which data.
    """
    if not isinstance(stored, ShardedMaps):
        return None
    if stored.data is None or stored.data["name"] is None:
        raise UsageError(f"the maps in {maps} are of a list of images: say with --data which data set these are of.")
    return [stored.data["name"]]


def _usual_data(preset: Preset | None) -> list[str]:
    return PRESET_DATA if preset and preset.own_classes else ["digits"]


def _known_options(source: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Those that this data set has."""
    names = options_of(source)
    return {key: value for key, value in options.items() if key in names}


def _folder_name(scored: Sequence[str], data: Sequence[str], request: EvaluationRequest, shares: SharedOptions) -> str:
    """A folder for each question; other methods and metrics of the same question go into the same."""
    parts = [*(source_name(source) for source in scored), *data, request.split]
    parts += [request.truth] if request.truth else []
    parts += [] if request.min_score is None else [f"min-score-{request.min_score:g}"]
    options = {**shares.methods, **shares.metrics, **shares.data}
    parts += [f"{key}-{value}" for key, value in sorted(options.items())]
    parts += [] if request.limit is None else [str(request.limit)]
    return "-".join(slug(part) for part in parts)
