"""Names of plugins: entry points and nothing else. Listing imports no plugin.

A plugin is an entry point in one of the groups `vitxplain.explainers`, `vitxplain.adapters`, `vitxplain.metrics`; the
built-ins stand in the same groups of our own package. Its name is the canonical one; aliases are the table below.
"""

import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, Literal, TypeAlias, TypeVar

from vitxplain.class_source import class_constant, docstring
from vitxplain.errors import PluginError, UnknownNameError
from vitxplain.foreign_code import foreign_code
from vitxplain.other_libraries.hints import method_hint
from vitxplain.suggest import did_you_mean, similar_names

Kind: TypeAlias = Literal["explainers", "adapters", "metrics"]
Offered: TypeAlias = Mapping[str, tuple[EntryPoint, ...]]
Word = TypeVar("Word")  # a name, or what such a name stands for

PACKAGE: Final = "vitxplain"
NOUNS: Final = {"explainers": "method", "adapters": "adapter", "metrics": "metric"}

ALIASES: Final[dict[str, dict[str, str]]] = {
    "explainers": {
        "rollout": "attention-rollout",
        "attention": "raw-attention",
        "chefer": "gradient-attention",
        "hirescam": "gradient-activation",
        "grad-rollout": "gradient-rollout",
        "attention-distance": "head-distance",
        "mean-attention-distance": "head-distance",
        "position-embeddings": "position-similarity",
    }
}


def offered(kind: Kind) -> dict[str, tuple[EntryPoint, ...]]:
    """Every name with the entry points that claim it, one a package; more than one is a conflict."""
    return _scan(kind, tuple((folder, modified) for folder in sys.path if (modified := _modified(folder)) is not None))


def _modified(folder: str) -> int | None:
    """When a folder Python imports from was changed (nanoseconds); None where there is none, or none to look into."""
    try:
        return os.stat(folder or ".").st_mtime_ns  # noqa: PTH116 - a string costs less
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=8)
def _scan(kind: Kind, _folders: tuple[tuple[str, int], ...]) -> dict[str, tuple[EntryPoint, ...]]:
    """Scanning reads every installed package's metadata (milliseconds), so it is done again only after an install."""
    points: dict[str, tuple[EntryPoint, ...]] = {}
    for point in sorted(map(_standard, entry_points(group=f"vitxplain.{kind}")), key=lambda point: point.name):
        points[point.name] = (*points.get(point.name, ()), point)
    return points


def _standard(point: Any) -> EntryPoint:
    """An entry point of the standard library's class: `importlib_metadata`, once it is imported, puts in its own."""
    if isinstance(point, EntryPoint):
        return point
    standard = EntryPoint(point.name, point.value, point.group)
    vars(standard).update(dist=point.dist)
    return standard


def names(kind: Kind) -> dict[str, EntryPoint]:
    """Canonical names, sorted, with their entry points; nothing is imported."""
    return {name: points[0] for name, points in offered(kind).items()}


def aliases(kind: Kind, name: str) -> list[str]:
    """Other words for a canonical name."""
    return [alias for alias, full in ALIASES.get(kind, {}).items() if full == name]


def canonical(kind: Kind, name: str) -> str:
    """The canonical name of a name as users write it: an alias, a class name, other case, `_` for `-`.

    Raises:
        UnknownNameError: nobody registered it; the message has the nearest names.
    """
    return _full_name(kind, name, offered(kind))


def _full_name(kind: Kind, name: str, points: Offered) -> str:
    if name in points:
        return name
    full_names = {_key(full): full for full in sorted(points, key=lambda full: _is_built_in(points[full]))}
    by_alias = {_key(alias): full for alias, full in ALIASES.get(kind, {}).items() if _key(full) in full_names}
    by_key = {**by_alias, **full_names}
    if full_name := by_key.get(_key(name)):
        return full_name
    if kind == "explainers" and (instead := method_hint(name)):
        raise UnknownNameError(f"no method is called {name!r}. {instead}")
    near = dict.fromkeys(by_key[key] for key in similar_names(_key(name), [*full_names, *by_alias]))
    hint = did_you_mean(near, f"Known: {', '.join(sorted(full_names.values())) or 'none'}.", start="Did")
    listing = " List them with: vitx methods" if kind == "explainers" else ""
    raise UnknownNameError(f"no {NOUNS[kind]} is called {name!r}. {hint}{listing}")


def load(kind: Kind, name: str) -> type:
    """What stands behind a name (or alias); whether it is a class of this kind is for the caller to check.

    Raises:
        UnknownNameError: nobody registered it.
        PluginError: its package cannot be imported, or is one of two that claim the name, or it is a plugin's and
            reads as another spelling or an alias of a name of ours.
    """
    everything = offered(kind)
    name = _full_name(kind, name, everything)
    points = everything[name]
    if len(points) > 1:
        packages = " and ".join(package(point) for point in points)
        raise PluginError(f"two packages offer the {NOUNS[kind]} {name!r}: {packages}. Uninstall one of them.")
    if _is_built_in(points):
        return points[0].load()
    what = f"the {NOUNS[kind]} {name!r} of {package(points[0])}"
    if ours := _shadowed(kind, name, everything):
        raise PluginError(
            f"{what} is named like the built-in {ours!r}, so neither is meant by that name: write {ours} for the "
            "built-in one, and ask the authors of that package for another name."
        )
    advice = "Update or uninstall that package; everything else works without it."
    with foreign_code(what, advice, failure="cannot be loaded"):
        return points[0].load()


def usable(words: Iterable[Word], make: Callable[[str], object]) -> tuple[list[Word], dict[str, PluginError]]:
    """Of names and objects those that `make` can make, and by name what is wrong with the plugins behind the others.

    Raises:
        PluginError: nothing is left.
    """
    left: list[Word] = []
    broken: dict[str, PluginError] = {}
    for word in words:
        if isinstance(word, str):
            try:
                make(word)
            except PluginError as error:
                broken[word] = error
                continue
        left.append(word)
    if broken and not left:
        raise next(iter(broken.values()))
    return left, broken


def foreign_package(kind: Kind, cls: type) -> str | None:
    """The package (and version) that a class comes from; None for ours and for one that registered nothing."""
    own = cls.__module__.partition(".")[0]
    if own == PACKAGE:
        return None
    points = (point for claims in offered(kind).values() for point in claims)
    return next((package(point) for point in points if point.module.partition(".")[0] == own), None)


@contextmanager
def foreign_errors(kind: Kind, cls: type, advice: str) -> Iterator[None]:
    """Around each call of a registered class's own code, and around making one.

    Raises:
        PluginError: it fails and another package registered it. What ours and the caller's own classes raise goes on
            as it is, and so does everything that already says what is wrong.
    """
    claimant = foreign_package(kind, cls)
    if claimant is None:
        yield
        return
    with foreign_code(f"the {NOUNS[kind]} {name_of(kind, cls)!r} of {claimant}", advice):
        yield


def name_of(kind: Kind, cls: type) -> str:
    """The canonical name of a class; one that nobody registered gets its own name in our spelling (`my-method`)."""
    own_package = cls.__module__.partition(".")[0]
    for name, points in offered(kind).items():
        for point in points:
            if point.attr == cls.__qualname__ and point.module.partition(".")[0] == own_package:
                return name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", cls.__name__).lower()


def package(point: EntryPoint) -> str:
    """The package (and version) that offers an entry point, for messages and tables."""
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.module.partition(".")[0]


def summary(point: EntryPoint) -> str:
    """What a plugin does, in one line: the first of its class's docstring, read from the source without running it."""
    # Listing never fails: a package that hides its source is described by its metadata.
    text = docstring(point.module, point.attr) or _package_summary(point)
    return text.strip().partition("\n")[0].rstrip(".")


def constant(point: EntryPoint, name: str) -> Any:
    """A constant of a plugin's class, read as `summary` is; None where it is no plain one."""
    return class_constant(point.module, point.attr, name)


def _package_summary(point: EntryPoint) -> str:
    metadata = point.dist.metadata if point.dist else None
    return metadata["Summary"] if metadata and "Summary" in metadata else ""


def _is_built_in(points: Sequence[EntryPoint]) -> bool:
    return points[0].module.partition(".")[0] == PACKAGE


def _shadowed(kind: Kind, name: str, points: Offered) -> str | None:
    """The name of ours that a plugin's would be read for: another spelling of it, or its alias."""
    ours = {_key(full): full for full in points if _is_built_in(points[full])}
    return ({_key(alias): full for alias, full in ALIASES.get(kind, {}).items()} | ours).get(_key(name))


def _key(name: str) -> str:
    """Spelling without what people get wrong."""
    return re.sub(r"[-_ .]", "", name).casefold()
