"""Options as users type them for an evaluation: each goes to the methods, metrics or data that have it."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from vitxplain import registry
from vitxplain.data.load import options_of
from vitxplain.errors import OptionError, PluginError, UnknownNameError
from vitxplain.explainers.passes.choose import load_explainer
from vitxplain.options.parse import option_types
from vitxplain.options.route import Fields, OptionKey, route, similar_option
from vitxplain.suggest import did_you_mean, similar_names


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
    owners: dict[Owner, Fields] = {("data", ""): {k: v for source in sources for k, v in options_of(source).items()}}
    owners |= _options("explainers", registry.names("explainers") if some_method else methods)
    owners |= _options(
        "metrics", registry.names("metrics") if "all" in metrics else [name.partition(":")[0] for name in metrics]
    )
    shares = SharedOptions()
    homes = {"explainers": shares.methods, "metrics": shares.metrics, "data": shares.data}
    for key, value, takers in route(options.items(), owners, _is_called, partial(_no_taker, owners=owners)):
        for kind, name in takers:
            homes[kind][f"{name}.{key.name}" if key.owner and name else key.name] = value
    return shares


Owner: TypeAlias = tuple[str, str]  # explainers, metrics or data, and the name


def _options(kind: registry.Kind, names: Iterable[str]) -> dict[Owner, Fields]:
    """The options of each of these; a plugin that is broken is passed over here."""
    options: dict[Owner, Fields] = {}
    for name in dict.fromkeys(registry.canonical(kind, name) for name in names):
        with suppress(PluginError):
            cls = load_explainer(name) if kind == "explainers" else registry.load(kind, name)
            options[kind, name] = option_types(cls)
    return options


def _is_called(word: str, owner: Owner) -> bool:
    """Whether the word before the dot stands for this method, metric or the data."""
    kind, name = owner
    if kind == "data" or word == "data":
        return word == kind
    with suppress(UnknownNameError):
        return registry.canonical("metrics" if kind == "metrics" else "explainers", word) == name
    return False


def _no_taker(key: OptionKey, addressed: Mapping[Owner, Fields], owners: Mapping[Owner, Fields]) -> OptionError:
    """The error about an option that nobody takes."""
    if not addressed:
        words = [name or kind for kind, name in owners]
        near = [f"{word}.{key.name}" for word in similar_names(key.owner, words, most=1)]
        hint = did_you_mean(near, f"named are {', '.join(words)}.")
        return OptionError(f"-o {key.typed}: {key.owner} is not among the methods, metrics and data named; {hint}")
    names = sorted({name for fields in addressed.values() for name in fields})
    hint = did_you_mean(similar_option(key, addressed), f"there are {', '.join(names) or 'none'}.")
    subject = f"{key.owner} has no such option" if key.owner else "no method, metric or data named has such an option"
    return OptionError(f"-o {key.typed}: {subject}; {hint}")
