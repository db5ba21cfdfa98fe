"""Options as users type them for an evaluation: each goes to the methods, metrics or data that have it."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from vitxplain import registry
from vitxplain.data.load import options_of
from vitxplain.errors import OptionError, PluginError, UnknownNameError
from vitxplain.explainers.passes.choose import load_explainer
from vitxplain.options.parse import option_types
from vitxplain.suggest import did_you_mean, similar_names


@dataclass(frozen=True)
class SharedOptions:
    """Texts by `key` or `NAME.key`, as `evaluate` takes them."""

    methods: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)


def share_out(
    given: Mapping[str, str], methods: Sequence[str], metrics: Sequence[str], data: str | Sequence[str]
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
    for key, value in given.items():
        owner, _, word = key.rpartition(".")
        name = word.replace("-", "_")
        takers = [who for who, has in owners.items() if name in has and (not owner or _called(owner, *who))]
        for kind, who in takers:
            homes[kind][f"{who}.{name}" if owner and who else name] = value
        if not takers:
            raise _nobody(key, owner, name, owners)
    return shares


Owner: TypeAlias = tuple[str, str]  # explainers, metrics or data, and the name


def _options(kind: registry.Kind, names: Iterable[str]) -> dict[Owner, set[str]]:
    """What each of these can be told; a plugin that is broken cannot be asked here."""
    found: dict[Owner, set[str]] = {}
    for name in dict.fromkeys(registry.canonical(kind, one) for one in names):
        with suppress(PluginError):
            found[kind, name] = set(
                option_types(load_explainer(name) if kind == "explainers" else registry.load(kind, name))
            )
    return found


def _called(owner: str, kind: str, name: str) -> bool:
    if kind == "data" or owner == "data":
        return owner == kind
    with suppress(UnknownNameError):
        return registry.canonical("metrics" if kind == "metrics" else "explainers", owner) == name
    return False


def _nobody(key: str, owner: str, name: str, owners: Mapping[Owner, set[str]]) -> OptionError:
    """The error about an option that nobody takes."""
    asked = {who: has for who, has in owners.items() if owner and _called(owner, *who)}
    if owner and not asked:
        words = [who or kind for kind, who in owners]
        near = [f"{word}.{name}" for word in similar_names(owner, words, most=1)]
        hint = did_you_mean(near, f"named are {', '.join(words)}.")
        return OptionError(f"-o {key}: {owner} is not among the methods, metrics and data named; {hint}")
    known = sorted({one for has in (asked or owners).values() for one in has})
    near = similar_names(name, known, most=1, cutoff=0.5)
    hint = did_you_mean(near, f"there are {', '.join(known) or 'none'}.")
    whose = f"{owner} has no such option" if owner else "no method, metric or data named has such an option"
    return OptionError(f"-o {key}: {whose}; {hint}")
