"""The run-time checks behind every annotation of the package while tests run (conftest.py installs them)."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, ForwardRef, get_args

import jaxtyping
from beartype import BeartypeConf, FrozenDict, beartype

_jaxtyped = jaxtyping.jaxtyped


def install() -> None:
    """From now on modules of the package are checked as they are imported.

    Where no shape is annotated types alone are checked, which takes a tenth of the time: shapes need every call bound
    to its signature. Functions within functions are made anew in each call, and only their shapes are checked.
    """
    jaxtyping.jaxtyped = _checked  # what the hook writes before each function
    jaxtyping.install_import_hook("vitxplain", "tests.shapes.check")


def check(function: Any) -> Any:
    """The function, its types checked in each call."""
    return _checker()(function)


@functools.cache
def _checker() -> Callable[[Any], Any]:
    from torch import SymInt  # here, since the process that only hands tests out needs none of it

    # An int is a float, as for static checkers; while a graph is traced for export, sizes are symbols.
    return beartype(conf=BeartypeConf(is_pep484_tower=True, hint_overrides=FrozenDict({int: int | SymInt})))


def _checked(*, typechecker: Callable[..., Any]) -> Callable[[Any], Any]:
    """In place of `jaxtyping.jaxtyped`."""
    return functools.partial(_check, by_shape=_jaxtyped(typechecker=typechecker))


def _check(function: Any, by_shape: Callable[[Any], Any]) -> Any:
    if not inspect.isfunction(function) or any(map(_has_shape, function.__annotations__.values())):
        return by_shape(function)
    return function if "<locals>" in function.__qualname__ else _unless_disabled(function)


def _unless_disabled(function: Callable[..., Any]) -> Callable[..., Any]:
    annotations = function.__annotations__
    function.__annotations__ = {name: one for name, one in annotations.items() if not _has_name(one)}
    checked = check(function)
    function.__annotations__ = annotations

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs) if jaxtyping.config.jaxtyping_disable else checked(*args, **kwargs)

    return call


def _has_name(annotation: Any) -> bool:
    """Whether a class is only named anywhere inside: many are imported for static checkers alone."""
    if isinstance(annotation, (str, ForwardRef)):
        return True
    return any(map(_has_name, annotation if isinstance(annotation, (list, tuple)) else get_args(annotation)))


def _has_shape(annotation: Any) -> bool:
    """Whether an annotation has an array of a stated shape anywhere inside."""
    if isinstance(annotation, type) and issubclass(annotation, jaxtyping.AbstractArray):
        return True
    return any(map(_has_shape, annotation if isinstance(annotation, (list, tuple)) else get_args(annotation)))
