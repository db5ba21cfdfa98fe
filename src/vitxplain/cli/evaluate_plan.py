"""What `vitx evaluate` was asked for, checked before a model is loaded for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vitxplain import registry
from vitxplain.cli.test_folder import as_name
from vitxplain.data.sample import Split
from vitxplain.errors import UsageError
from vitxplain.evaluation.chosen_metrics import METRICS
from vitxplain.evaluation.shared_options import SharedOptions, share_out
from vitxplain.methods import check_names
from vitxplain.models.aliases import DEFAULT
from vitxplain.option_text import key_and_value
from vitxplain.paths import user_path
from vitxplain.render.labels import source_name

RESULTS: Final = Path("vitx-out/evaluate")
ALL: Final = "all"


@dataclass(frozen=True)
class Plan:
    """Names as typed, options by who takes them, and where results go. No metrics: the usual ones."""

    models: list[str]
    data: str
    methods: list[str]
    metrics: list[str]
    options: SharedOptions
    maps: Path | None
    split: Split
    limit: int | None
    folder: Path


def plan(
    models: Sequence[str],
    data: str,
    methods: Sequence[str],
    metrics: Sequence[str],
    options: Sequence[str],
    maps: Path | None,
    split: Split,
    limit: int | None,
    out: Path | None,
) -> Plan:
    """The plan, or the error in it.

    Raises:
        UsageError: a method, metric, option or data set that does not exist.
    """
    named = _listed(models) or ([] if maps else [DEFAULT])
    if twice := [name for name in named if named.count(name) > 1]:
        raise UsageError(f"--model names {twice[0]} twice.")
    asked = _listed(methods) or ([] if maps else ["auto"])
    if asked and not named:
        raise UsageError(f"--methods {','.join(asked)} needs a model: give --model too.")
    check_names([name for name in asked if name != ALL])
    wanted = _listed(metrics)
    for name in wanted:
        if name != ALL:
            registry.canonical("metrics", name)
    typed = dict(key_and_value(option, "-o key=value or -o NAME.key=value") for option in options)
    shares = share_out(typed, asked, wanted or METRICS, data)
    folder = (
        user_path(out)
        if out
        else RESULTS / _called([*named, *([maps.name] if maps else [])], data, split, limit, shares.data)
    )
    return Plan(named, data, asked, wanted, shares, maps, split, limit, folder)


def _called(models: Sequence[str], data: str, split: str, limit: int | None, options: Mapping[str, str]) -> str:
    """A folder for each question; other methods and metrics of the same question go into the same."""
    parts = [*(source_name(model) for model in models), source_name(data), split]
    parts += [f"{key}-{value}" for key, value in sorted(options.items())]
    parts += [] if limit is None else [str(limit)]
    return "-".join(as_name(part) for part in parts)


def _listed(given: Sequence[str]) -> list[str]:
    return [name.strip() for one in given for name in one.split(",") if name.strip()]
