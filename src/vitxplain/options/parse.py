"""Option values as users type them (`-o key=value`), read by the type of the dataclass field they are for."""

import types
from dataclasses import fields
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from vitxplain.errors import OptionError, UsageError

WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def key_and_value(option: str, ways: str = "-o key=value or -o method.key=value") -> tuple[str, str]:
    """Both sides of `key=value`.

    Raises:
        UsageError: anything else; the message shows the `ways` to write it.
    """
    key, equals, value = option.partition("=")
    if not (key.strip() and equals):
        raise UsageError(f"-o {option!r} has no value; write {ways}.")
    return key.strip(), value


def option_types(cls: type) -> dict[str, Any]:
    """The options of a method: the names of its dataclass fields with their types."""
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls) if field.init}


def parse(name: str, text: str, hint: Any) -> Any:
    """The value a text stands for.

    Raises:
        OptionError: it is no value of this type; the message says what the option takes.
    """
    try:
        return _parse(text.strip(), hint)
    except ValueError:
        raise OptionError(f"{name} is {text!r}; it takes {describe(hint)}.") from None


def describe(hint: Any) -> str:
    """A type in the words of a user: "a whole number or none"."""
    if get_origin(hint) is Literal:
        return " or ".join(str(choice) for choice in get_args(hint))
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(describe(one) for one in get_args(hint))
    if get_origin(hint) is tuple:
        return f"values separated by commas, each {describe(get_args(hint)[0])}"
    plain = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", type(None): "none"}
    return plain.get(hint, f"a {getattr(hint, '__name__', hint)}, which only Python code can give")


def _parse(text: str, hint: Any) -> Any:
    """Raises ValueError where the text is no such value."""
    if get_origin(hint) is Literal:
        choices = {str(choice): choice for choice in get_args(hint)}
        return choices[text] if text in choices else _refuse()
    if get_origin(hint) in (Union, types.UnionType):
        return _first_that_reads(text, get_args(hint))
    if get_origin(hint) is tuple:
        return _parse_tuple(text, get_args(hint))
    if hint is bool:
        return WORDS[text.lower()] if text.lower() in WORDS else _refuse()
    if hint is type(None):
        return None if text.lower() == "none" else _refuse()
    return hint(text) if hint in (int, float, str) else _refuse()


def _first_that_reads(text: str, hints: tuple[Any, ...]) -> Any:
    """`str` reads everything and `float` reads `3`, so the narrow types are asked first."""
    order = [type(None), bool, Literal, int, float, tuple, str]
    for hint in sorted(
        hints, key=lambda hint: next((i for i, o in enumerate(order) if o in (hint, get_origin(hint))), 9)
    ):
        try:
            return _parse(text, hint)
        except ValueError:
            continue
    return _refuse()


def _parse_tuple(text: str, hints: tuple[Any, ...]) -> tuple[Any, ...]:
    """`8,8`, `(8, 8)` or, as sizes are written, `8x8`; `...` repeats the first type."""
    text = text.strip("()[] ")
    parts = [part for part in (text if hints[0] is str else text.replace("x", ",")).split(",") if part.strip()]
    if hints[-1] is Ellipsis:
        hints = (hints[0],) * len(parts)
    if len(parts) == 1:  # one number serves every axis
        parts *= len(hints)
    if len(parts) != len(hints):
        return _refuse()
    return tuple(_parse(part.strip(), hint) for part, hint in zip(parts, hints, strict=True))


def _refuse() -> Any:
    raise ValueError
