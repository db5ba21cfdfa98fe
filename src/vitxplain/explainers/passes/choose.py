"""Builds explainers from methods as users name them, and options."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass, replace
from functools import partial
from typing import Any, Final, TypeAlias, cast

from vitxplain import registry
from vitxplain.errors import OptionError, PluginError, UsageError
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.passes.plugin_failure import plugin_errors
from vitxplain.models.offers import unknown_words
from vitxplain.options.parse import option_types, parse
from vitxplain.options.route import Fields, OptionKey, no_such_option, option_key, route, takers
from vitxplain.other_libraries.hints import option_hint

MethodLike: TypeAlias = str | Explainer | type[Explainer]
TO_AUTHORS: Final = "Report it to its authors."

# What a class says of itself, and whether it may.
_CONSTANTS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "axes": lambda value: isinstance(value, str) and value.split()[:1] == ["batch"] and len(value.split()) > 1,
    "needs": lambda value: isinstance(value, (set, frozenset)) and all(isinstance(need, str) for need in value),
    "class_specific": lambda value: isinstance(value, bool),
}


def build(methods: Sequence[MethodLike], options: Mapping[str, Any], *, text: bool = False) -> dict[str, Explainer]:
    """One explainer for each method, by canonical name, in the order asked; the same one asked twice is one.

    An option `key` goes to every method that has it, `METHOD.key` to that one. `text`: the values are to be parsed.

    Raises:
        UnknownNameError, PluginError: there is no such method, or its package is broken.
        OptionError: no named method has the option, or it does not take the value.
        UsageError: one method was asked for twice with different options.
    """
    return with_options(map(named_explainer, methods), options, text=text)


def with_options(
    named: Iterable[tuple[str, Explainer]], options: Mapping[str, Any], *, text: bool = False
) -> dict[str, Explainer]:
    """As `build`, of explainers with their names (`named_explainer`).

    Raises:
        OptionError, UsageError: as `build`.
    """
    plain: dict[str, Explainer] = {}
    for name, explainer in named:
        if plain.setdefault(name, explainer) != explainer:
            raise UsageError(f"{name} was asked for twice with different options; explain twice instead.")
    if not options:
        return plain
    types = {name: option_types(type(explainer)) for name, explainer in plain.items()}
    values: dict[str, dict[str, Any]] = {name: {} for name in plain}
    for key, value, names in route(options.items(), types, _is_called, partial(_no_such_option, receivers=plain)):
        for name in names:
            values[name][key.name] = parse(f"{name}.{key.name}", value, types[name][key.name]) if text else value
    return {name: replace(explainer, **values[name]) for name, explainer in plain.items()}  # type: ignore[type-var]


def several(methods: MethodLike | Iterable[MethodLike]) -> list[MethodLike]:
    """A list of methods; one alone is a list of one.

    Raises:
        UsageError: there is none.
    """
    single = isinstance(methods, (str, type, Explainer)) or not isinstance(methods, Iterable)
    listed: list[Any] = [methods] if single else list(cast("Iterable[MethodLike]", methods))
    if not listed:
        raise UsageError("no methods were given; name at least one of `vitx methods`.")
    return listed


def check_names(methods: Sequence[MethodLike]) -> None:
    """Raise UnknownNameError for a name nobody registered, before a model is loaded for it; "auto" is one."""
    for method in methods:
        if isinstance(method, str) and method != "auto":
            registry.canonical("explainers", method)


def usable(methods: Sequence[MethodLike]) -> tuple[list[MethodLike], dict[str, PluginError]]:
    """The methods that can be made, and by name what is wrong with the plugins behind the others.

    Raises:
        PluginError: none can be made.
    """
    return registry.usable(methods, lambda name: name == "auto" or named_explainer(name))


def has_option(key: str, explainers: Mapping[str, Explainer]) -> bool:
    """Whether an option, `key` or `METHOD.key`, goes to any of these."""
    types = {name: option_types(type(explainer)) for name, explainer in explainers.items()}
    return bool(takers(option_key(key), types, _is_called))


def load_explainer(name: str) -> type[Explainer]:
    """The class behind a method's name (or alias), checked to be one.

    Raises:
        UnknownNameError: nobody registered it.
        PluginError: its package cannot be imported, offers no method, or is one of two that claim the name.
    """
    method = registry.load("explainers", name)
    if not (isinstance(method, type) and issubclass(method, Explainer) and is_dataclass(method)):
        problem = f"is no method but {method!r}. Its entry point must name"
        raise _not_by_contract(name, f"{problem} a frozen dataclass derived from vitxplain.plugins.Explainer")
    for constant, is_right in _CONSTANTS.items():
        if not is_right(value := getattr(method, constant, None)):
            raise _not_by_contract(name, f"says {constant} = {value!r}, which is none of what the contract allows")
    if problem := unknown_words(method.needs):
        raise _not_by_contract(name, f"says needs = {sorted(method.needs)}: {problem}")
    return method


def _not_by_contract(name: str, problem: str) -> PluginError:
    name = registry.canonical("explainers", name)
    package = registry.package(registry.names("explainers")[name])
    return PluginError(f"the method {name!r} of {package} {problem}. {TO_AUTHORS}")


def name_of(explainer: Explainer) -> str:
    """The canonical name of an explainer."""
    return registry.name_of("explainers", type(explainer))


def named_explainer(method: MethodLike) -> tuple[str, Explainer]:
    """A method's canonical name, and its explainer without any options but those of one that is given.

    Raises:
        UnknownNameError, PluginError: there is no such method, or its package is broken.
        UsageError: it is neither a name nor an Explainer.
    """
    if isinstance(method, str):
        name = registry.canonical("explainers", method)
        method_class = load_explainer(name)
        with plugin_errors(method_class):
            explainer = method_class()
            hash(explainer), repr(explainer)  # results are kept by it, and say it
        return name, explainer
    explainer = method() if isinstance(method, type) else method
    if isinstance(explainer, Explainer) and not is_dataclass(explainer):
        raise UsageError(f"{type(explainer).__name__} is no dataclass; write @dataclass(frozen=True) above the class.")
    if not isinstance(explainer, Explainer):
        raise UsageError(
            f"a method is a name or an Explainer, not {method!r}; see `vitx methods` for the names, and "
            "explain_together for several methods."
        )
    return name_of(explainer), explainer


def _no_such_option(key: OptionKey, addressed: Mapping[str, Fields], receivers: Mapping[str, Explainer]) -> OptionError:
    """The error about an option that none of the methods has; one that is not among them by its canonical name."""
    owner = registry.canonical("explainers", key.owner) if key.owner else ""
    if instead := option_hint(key.name):
        return OptionError(f"no method has an option {key.word!r}: {instead}")
    return no_such_option(replace(key, owner=owner), addressed, "method", receivers)


def _is_called(word: str, name: str) -> bool:
    """Whether a word, an alias perhaps, stands for the method of this name."""
    return registry.canonical("explainers", word) == name
