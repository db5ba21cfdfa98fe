"""Options that belong together as one parameter of a command: a dataclass whose fields are the options."""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import wraps
from inspect import Parameter, signature
from typing import Any


def unfolded(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """The command as typer takes it: each parameter that is such a dataclass replaced by one for each of its fields.

    A group has no default of its own, so it stands behind `*`: `def command(image: Image, *, opening: ModelOptions)`.
    """
    asked = signature(command, eval_str=True)
    groups: dict[str, Any] = {
        one.name: one.annotation for one in asked.parameters.values() if is_dataclass(one.annotation)
    }
    if not groups:
        return command

    @wraps(command)
    def run(**given: Any) -> int | None:
        made = {
            name: group(**{one.name: given.pop(one.name) for one in fields(group)}) for name, group in groups.items()
        }
        return command(**given, **made)

    shown = [new for one in asked.parameters.values() for new in _fields(groups.get(one.name)) or [one]]
    run.__signature__ = asked.replace(parameters=shown)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in shown}
    return run


def _fields(group: type | None) -> list[Parameter]:
    """A keyword for each field of a group; none for what is no group."""
    return [
        Parameter(
            one.name,
            Parameter.KEYWORD_ONLY,
            default=_default(one),
            annotation=one.type,
        )
        for one in (fields(group) if group else ())
    ]


def _default(one: Field[Any]) -> Any:
    if one.default_factory is not MISSING:
        return one.default_factory()
    return Parameter.empty if one.default is MISSING else one.default
