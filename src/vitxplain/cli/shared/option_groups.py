"""Options that belong together as one parameter of a command: a dataclass whose fields are the options."""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import wraps
from inspect import Parameter, signature
from typing import Any


def unfolded(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """The command as typer takes it: each parameter that is such a dataclass replaced by one for each of its fields.

    A group has no default of its own, so it stands behind `*`:
    `def command(image: Image, *, model_options: ModelOptions)`.
    """
    declared = signature(command, eval_str=True)
    groups: dict[str, Any] = {
        parameter.name: parameter.annotation
        for parameter in declared.parameters.values()
        if is_dataclass(parameter.annotation)
    }
    if not groups:
        return command

    @wraps(command)
    def run(**arguments: Any) -> int | None:
        values = {
            name: group(**{field.name: arguments.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        return command(**arguments, **values)

    shown = [
        option
        for parameter in declared.parameters.values()
        for option in _fields(groups.get(parameter.name)) or [parameter]
    ]
    run.__signature__ = declared.replace(parameters=shown)  # type: ignore[attr-defined]
    run.__annotations__ = {option.name: option.annotation for option in shown}
    return run


def _fields(group: type | None) -> list[Parameter]:
    """A keyword for each field of a group; none for what is no group."""
    return [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=_default(field),
            annotation=field.type,
        )
        for field in (fields(group) if group else ())
    ]


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return Parameter.empty if field.default is MISSING else field.default
