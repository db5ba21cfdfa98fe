"""Checks of option values; each failure says what the option takes."""

from collections.abc import Sequence
from numbers import Integral
from typing import TypeVar

from vitxplain.errors import OptionError

Item = TypeVar("Item")


def check_choice(name: str, value: object, allowed: Sequence[str]) -> None:
    """Raises OptionError unless the value is one of the words allowed."""
    if value not in allowed:
        raise OptionError(f"{name} is {value!r}; it takes {', '.join(allowed[:-1])} or {allowed[-1]}.")


def check_share(name: str, value: object, *, include_zero: bool = True, include_one: bool = True) -> None:
    """Raises OptionError unless the value is a number from 0 to 1; the ends count unless they are excluded."""
    number = value if isinstance(value, (int, float)) and not isinstance(value, bool) else -1
    if not 0 <= number <= 1 or (number == 0 and not include_zero) or (number == 1 and not include_one):
        ends = f"{'' if include_zero else ' (0 itself excluded)'} to 1{'' if include_one else ' (1 itself excluded)'}"
        raise OptionError(f"{name} is {value!r}; it takes a number from 0{ends}.")


def check_index(name: str, value: object, *, negative: bool = False) -> None:
    """Raises OptionError unless the value is a whole number; negative ones count from the end where allowed."""
    if isinstance(value, bool) or not isinstance(value, int) or (value < 0 and not negative):
        raise OptionError(f"{name} is {value!r}; it takes a whole number{'' if negative else ' of at least 0'}.")


def check_views(value: object) -> None:
    """Raises OptionError unless the value is 1 or 2."""
    if isinstance(value, bool) or value not in (1, 2):
        raise OptionError(f"views is {value!r}; it takes 1 or 2.")


def check_count(name: str, value: object) -> None:
    """Raises OptionError unless the value is a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise OptionError(f"{name} is {value!r}; it takes a whole number of at least 1.")


def check_name(name: str, value: object) -> None:
    """Raises OptionError unless the value is a name, or None."""
    if value is not None and not (isinstance(value, str) and value):
        raise OptionError(f"{name} is {value!r}; it takes a name or None.")


def check_flag(name: str, value: object) -> None:
    """Raises OptionError unless the value is True or False."""
    if not isinstance(value, bool):
        raise OptionError(f"{name} is {value!r}; it takes True or False.")


def pick(name: str, items: Sequence[Item], index: int) -> Item:
    """`items[index]`.

    Raises:
        OptionError: the model has no such item; the message says which ones there are.
    """
    if not -len(items) <= index < len(items):
        raise OptionError(f"{name} {index} does not exist: this model has {len(items)}, 0 to {len(items) - 1}.")
    return items[index]


def layers_from(kept: Sequence[Item], start_layer: int) -> Sequence[Item]:
    """What was kept from `start_layer` on.

    Raises:
        OptionError: the model has no such layer.
    """
    pick("start_layer", kept, start_layer)
    return kept[start_layer:]
