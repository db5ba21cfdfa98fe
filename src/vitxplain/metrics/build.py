"""From metrics as users name them, and options, to metrics."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, TypeAlias

from vitxplain import registry
from vitxplain.errors import OptionError, UsageError
from vitxplain.metrics.base import Metric
from vitxplain.option_text import option_types, parse

MetricLike: TypeAlias = str | Metric


def build(metrics: Sequence[MetricLike], options: Mapping[str, Any], *, text: bool = False) -> dict[str, Metric]:
    """One metric for each name, in the order asked; "all" is every metric there is.

    An option `key` goes to every metric that has it, `METRIC.key` to that one. `text`: the values are to be parsed.

    Raises:
        UnknownNameError, PluginError: there is no such metric, or its package is broken.
        OptionError: no named metric has the option, or it does not take the value.
    """
    found: dict[str, Metric] = {}
    for metric in metrics:
        if isinstance(metric, Metric):
            found[registry.name_of("metrics", type(metric))] = metric
            continue
        for name in registry.names("metrics") if metric == "all" else [registry.canonical("metrics", metric)]:
            found[name] = registry.load("metrics", name)()
    if not found:
        raise UsageError("no metrics were given; name some, or all.")
    for key, value in options.items():
        owner, _, option = key.rpartition(".")
        option = option.replace("-", "_")
        takers = {
            name: option_types(type(metric))
            for name, metric in found.items()
            if not owner or name == registry.canonical("metrics", owner)
        }
        having = {name: types[option] for name, types in takers.items() if option in types}
        if not having:
            known = sorted({one for types in takers.values() for one in types})
            near = get_close_matches(option, known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"options: {', '.join(known) or 'none'}."
            raise OptionError(f"no metric among those named has an option {key!r}; {hint}")
        for name, hint in having.items():
            given = parse(f"{name}.{option}", value, hint) if text else value
            found[name] = replace(found[name], **{option: given})  # type: ignore[type-var]
    return found
