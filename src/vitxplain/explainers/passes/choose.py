"""From methods as users name them, and options, to explainers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import is_dataclass, replace
from typing import Any, TypeAlias

from vitxplain import registry
from vitxplain.errors import OptionError, PluginError, UsageError
from vitxplain.explainers.base import Explainer
from vitxplain.options.parse import option_types, parse
from vitxplain.suggest import did_you_mean, similar_names

MethodLike: TypeAlias = str | Explainer | type[Explainer]


def build(methods: Sequence[MethodLike], options: Mapping[str, Any], *, text: bool = False) -> dict[str, Explainer]:
    """One explainer for each method, by canonical name, in the order asked; the same one asked twice is one.

    An option `key` goes to every method that has it, `METHOD.key` to that one. `text`: the values are to be parsed.

    Raises:
        UnknownNameError, PluginError: there is no such method, or its package is broken.
        OptionError: no named method has the option, or it does not take the value.
        UsageError: one method was asked for twice with different options.
    """
    plain: dict[str, Explainer] = {}
    for method in methods:
        name, explainer = _plain(method)
        if plain.setdefault(name, explainer) != explainer:
            raise UsageError(f"{name} was asked for twice with different options; explain twice instead.")
    given: dict[str, dict[str, Any]] = {name: {} for name in plain}
    for key, value in options.items():
        for name, field, hint in _receivers(key, plain):
            given[name][field] = parse(f"{name}.{field}", value, hint) if text else value
    return {name: replace(explainer, **given[name]) for name, explainer in plain.items()}  # type: ignore[type-var]


def several(methods: MethodLike | Iterable[MethodLike]) -> list[MethodLike]:
    """A list of methods; one alone is a list of one.

    Raises:
        UsageError: there is none.
    """
    given: Any = methods
    alone = isinstance(given, (str, type, Explainer)) or not isinstance(given, Iterable)
    if not (listed := [given] if alone else list(given)):
        raise UsageError("no methods were given; name at least one of `vitx methods`.")
    return listed


def check_names(methods: Sequence[MethodLike]) -> None:
    """Raise UnknownNameError for a name nobody registered, before a model is loaded for it; "auto" is one."""
    for method in methods:
        if isinstance(method, str) and method != "auto":
            registry.canonical("explainers", method)


def load_explainer(name: str) -> type[Explainer]:
    """The class behind a method's name (or alias), checked to be one.

    Raises:
        UnknownNameError: nobody registered it.
        PluginError: its package cannot be imported, offers no method, or is one of two that claim the name.
    """
    method = registry.load("explainers", name)
    if not (isinstance(method, type) and issubclass(method, Explainer) and is_dataclass(method)):
        name = registry.canonical("explainers", name)
        package = registry.package(registry.names("explainers")[name])
        raise PluginError(
            f"the method {name!r} of {package} is no method but {method!r}. Its entry point must name "
            "a frozen dataclass derived from vitxplain.plugins.Explainer."
        )
    return method


def name_of(explainer: Explainer) -> str:
    """The canonical name of an explainer."""
    return registry.name_of("explainers", type(explainer))


def _plain(method: MethodLike) -> tuple[str, Explainer]:
    if isinstance(method, str):
        name = registry.canonical("explainers", method)
        return name, load_explainer(name)()
    explainer = method() if isinstance(method, type) else method
    if not isinstance(explainer, Explainer):
        raise UsageError(
            f"a method is a name or an Explainer, not {method!r}; see `vitx methods` for the names, and "
            "explain_together for several methods."
        )
    return name_of(explainer), explainer


def _receivers(key: str, explainers: Mapping[str, Explainer]) -> list[tuple[str, str, Any]]:
    """The methods an option goes to, each with the name and the type of its field."""
    method, _, word = key.rpartition(".")
    field = word.replace("-", "_")
    name = registry.canonical("explainers", method) if method else None
    if name and name not in explainers:
        raise OptionError(f"{key}: {name} is not among the methods named ({', '.join(explainers)}).")
    asked = {one: option_types(type(explainer)) for one, explainer in explainers.items() if name in (None, one)}
    found = [(one, field, types[field]) for one, types in asked.items() if field in types]
    if found:
        return found
    known = {option: one for one, types in asked.items() for option in types}
    have = "; ".join(f"{one} has {', '.join(types) or 'none'}" for one, types in asked.items())
    hint = did_you_mean(similar_names(field, known, most=1, cutoff=0.5), f"options: {have}.")
    whose = next(iter(asked)) if len(asked) == 1 else f"none of {', '.join(asked)}"
    raise OptionError(f"{whose} has {'no' if len(asked) == 1 else 'an'} option {word!r}; {hint}")
