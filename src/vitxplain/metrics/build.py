"""From metrics as users name them, and options, to metrics; one metric several times where choices are compared."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, fields, replace
from functools import partial
from typing import Any, Literal, TypeAlias, get_args, get_origin

from vitxplain import registry
from vitxplain.errors import OptionError, PluginError, UsageError
from vitxplain.metrics.base import Metric
from vitxplain.metrics.plugin_failure import load_metric
from vitxplain.options.parse import option_types, parse
from vitxplain.options.route import no_such_option, route

MetricLike: TypeAlias = str | Metric


def build(metrics: Sequence[MetricLike], options: Mapping[str, Any], *, text: bool = False) -> dict[str, Metric]:
    """One metric for each name, in the order asked; "all" is every metric there is.

    `METRIC:CHOICE` is the metric with that choice ("deletion:blur"). An option `key` goes to every metric that has it,
    `METRIC.key` to that one; of an option with named choices several (`zero,blur`) give the metric once with each.
    `text`: the values are to be parsed.

    Raises:
        UnknownNameError, PluginError: there is no such metric, or its package is broken.
        OptionError: no named metric has the option, or it does not take the value.
    """
    if not metrics:
        raise UsageError("no metrics were given; name some, or all.")
    return with_options(_named(metrics), options, text=text)


def with_options(metrics: Mapping[str, Metric], options: Mapping[str, Any], *, text: bool = False) -> dict[str, Metric]:
    """The metrics with these options; as in `build`."""
    types = {name: option_types(type(metric)) for name, metric in metrics.items()}
    variants = {name: [(name, metric)] for name, metric in metrics.items()}
    refuse = partial(no_such_option, noun="metric", receivers=metrics)
    for key, value, names in route(options.items(), types, _is_called, refuse):
        for name in names:
            variants[name] = [
                changed
                for called, metric in variants[name]
                for changed in _with_option(called, metric, key.name, value, text=text)
            ]
    return {called: metric for pairs in variants.values() for called, metric in pairs}


def _is_called(word: str, name: str) -> bool:
    """Whether a word stands for the metric of this name, whatever its choice."""
    return base_name(word) == name.partition(":")[0]


def base_name(name: str) -> str:
    """The canonical name of a metric, without the choice behind the colon.

    Raises:
        UnknownNameError: there is no such metric.
    """
    return registry.canonical("metrics", name.partition(":")[0])


def choice_of(name: str) -> str:
    """What stands behind the colon; empty where nothing does."""
    return name.partition(":")[2]


def check_name(name: str) -> None:
    """Raise UnknownNameError for a metric nobody registered, OptionError for a choice it does not have."""
    with suppress(PluginError):  # `usable` says so, where the other metrics can go on
        _metric_of(name)


def usable(metrics: Sequence[MetricLike]) -> tuple[list[MetricLike], dict[str, PluginError]]:
    """The metrics that can be made, "all" by their names, and what is wrong with the plugins behind the others.

    Raises:
        PluginError: none can be made.
    """
    listed = [name for metric in metrics for name in (registry.names("metrics") if metric == "all" else [metric])]
    return registry.usable(listed, _metric_of)


def _named(metrics: Sequence[MetricLike]) -> dict[str, Metric]:
    by_name: dict[str, Metric] = {}
    for metric in metrics:
        if isinstance(metric, Metric):
            alike = [other for other in metrics if type(other) is type(metric)]
            by_name[f"{registry.name_of('metrics', type(metric))}{_difference(metric, alike)}"] = metric
            continue
        by_name |= dict(_metric_of(word) for word in (registry.names("metrics") if metric == "all" else [metric]))
    return by_name


def _metric_of(word: str) -> tuple[str, Metric]:
    """The metric of a name, which may have a choice behind a colon."""
    name = base_name(word)
    metric, choice = load_metric(name), choice_of(word)
    if not choice:
        return name, metric
    hints = option_types(type(metric))
    for option, hint in hints.items():
        if choice in _choices(hint):
            return f"{name}:{choice}", replace(metric, **{option: choice})
        if hint is bool and option == choice.replace("-", "_"):
            return f"{name}:{choice}", replace(metric, **{option: True})
    choices = [choice for hint in hints.values() for choice in _choices(hint)]
    raise OptionError(f"{name} has no choice {choice!r}; there is {', '.join(choices) or 'none'}.")


def _difference(metric: Metric, others: Sequence[Any]) -> str:
    """What tells one of several metrics of a kind from the others, behind a colon; nothing for the usual one."""
    said = []
    for field in fields(metric):  # type: ignore[arg-type]
        value = getattr(metric, field.name)
        differs = any(getattr(other, field.name) != value for other in others)
        if differs and (field.default is MISSING or value != field.default):
            said.append(field.name if value is True else value if isinstance(value, str) else f"{field.name}={value}")
    return f":{','.join(said)}" if said else ""


def _with_option(name: str, metric: Metric, option: str, value: Any, *, text: bool) -> Iterator[tuple[str, Metric]]:
    """The metric with the option; with each of several choices once, under a name of its own."""
    hint = option_types(type(metric))[option]
    if choice_of(name) and choice_of(name) in _choices(hint):  # its name says which
        yield name, metric
        return
    values = value.split(",") if isinstance(value, str) and _choices(hint) else value
    several = isinstance(values, (list, tuple)) and bool(_choices(hint))
    for word in dict.fromkeys(values) if several else [value]:
        choice = parse(f"{name}.{option}", word, hint) if text else word
        called = f"{name}:{choice}" if several and len(set(values)) > 1 else name
        yield called, replace(metric, **{option: choice})  # type: ignore[type-var]


def _choices(hint: Any) -> tuple[str, ...]:
    """The words an option of named choices takes; none for any other."""
    return tuple(map(str, get_args(hint))) if get_origin(hint) is Literal else ()
