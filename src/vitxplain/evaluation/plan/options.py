"""Options as users type them for an evaluation: each goes to the methods, metrics or data that have it."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeAlias

from vitxplain import registry
from vitxplain.data.load import options_of
from vitxplain.errors import OptionError, PluginError, UnknownNameError
from vitxplain.options.parse import option_types


@dataclass(frozen=True)
class SharedOptions:
    """Texts by `key` or `NAME.key`, as `evaluate` takes them."""

    methods: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)


def share_out(
    options: Mapping[str, str], methods: Sequence[str], metrics: Sequence[str], data: str | Sequence[str]
) -> SharedOptions:
    """`METHOD.key`, `METRIC.key` and `data.key` go to their owner, a plain `key` to all that have it.

    "auto" and "all" stand for any method, as which one it is depends on the model. Of several data sets one must know
    it.

    Raises:
        OptionError: nobody has it; the message has the nearest name.
        UnknownNameError: no method or metric has the name.
    """
    some_method = bool({"auto", "all"} & set(methods))
    sources = [data] if isinstance(data, str) else data
    owners = {("data", ""): {name for source in sources for name in options_of(source)}}
    owners |= _options("explainers", registry.names("explainers") if some_method else methods)
    owners |= _options(
        "metrics", registry.names("metrics") if "all" in metrics else [name.partition(":")[0] for name in metrics]
    )
    shares = SharedOptions()
    homes = {"explainers": shares.methods, "metrics": shares.metrics, "data": shares.data}
    for key, value in options.items():
        owner, _, word = key.rpartition(".")
        name = word.replace("-", "_")
        takers = [taker for taker, names in owners.items() if name in names and (not owner or _is(owner, *taker))]
        for kind, taker_name in takers:
            homes[kind][f"{taker_name}.{name}" if owner and taker_name else name] = value
        if not takers:
            raise _nobody(key, owner, name, owners)
    return shares


Owner: TypeAlias = tuple[str, str]  # explainers, metrics or data, and the name


def _options(kind: registry.Kind, names: Iterable[str]) -> dict[Owner, set[str]]:
    """The names of the options of each; a plugin that is broken has none here."""
    options: dict[Owner, set[str]] = {}
    for canonical_name in dict.fromkeys(registry.canonical(kind, name) for name in names):
        with suppress(PluginError):
            options[kind, canonical_name] = set(option_types(registry.load(kind, canonical_name)))
    return options


def _is(owner: str, kind: str, name: str) -> bool:
    if kind == "data" or owner == "data":
        return owner == kind
    with suppress(UnknownNameError):
        return registry.canonical("metrics" if kind == "metrics" else "explainers", owner) == name
    return False


def _nobody(key: str, owner: str, name: str, owners: Mapping[Owner, set[str]]) -> OptionError:
    """The error about an option that nobody takes."""
    named = {candidate: names for candidate, names in owners.items() if owner and _is(owner, *candidate)}
    if owner and not named:
        words = [candidate or kind for kind, candidate in owners]
        near = get_close_matches(owner, words, n=1)
        hint = f"did you mean {near[0]}.{name}?" if near else f"named are {', '.join(words)}."
        return OptionError(f"-o {key}: {owner} is not among the methods, metrics and data named; {hint}")
    options = sorted({option for names in (named or owners).values() for option in names})
    near = get_close_matches(name, options, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(options) or 'none'}."
    reason = f"{owner} has no such option" if owner else "no method, metric or data named has such an option"
    return OptionError(f"-o {key}: {reason}; {hint}")
