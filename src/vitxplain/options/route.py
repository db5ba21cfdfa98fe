"""Which of several receivers an option goes to: `key` to all that have it, `OWNER.key` to that one."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from vitxplain.errors import OptionError
from vitxplain.suggest import did_you_mean, similar_names

Receiver = TypeVar("Receiver", bound=Hashable)
Value = TypeVar("Value")
Fields: TypeAlias = Mapping[str, Any]  # the options a receiver has, with their types


@dataclass(frozen=True)
class OptionKey:
    """What is typed before the `=`, taken apart."""

    typed: str
    owner: str  # empty where the option is for all
    word: str  # what stands behind the dot, as it is typed

    @property
    def name(self) -> str:
        """The name of the field."""
        return self.word.replace("-", "_")


def option_key(typed: str) -> OptionKey:
    """`OWNER.key` or `key`, taken apart."""
    owner, _, word = typed.rpartition(".")
    return OptionKey(typed, owner, word)


def takers(
    key: OptionKey, receivers: Mapping[Receiver, Fields], owns: Callable[[str, Receiver], bool]
) -> list[Receiver]:
    """The receivers that have the option, in their order; of those that its owner stands for, where it has one."""
    return [name for name, fields in _addressed(key, receivers, owns).items() if key.name in fields]


def route(
    options: Iterable[tuple[str, Value]],
    receivers: Mapping[Receiver, Fields],
    owns: Callable[[str, Receiver], bool],
    refuse: Callable[[OptionKey, Mapping[Receiver, Fields]], OptionError],
) -> Iterator[tuple[OptionKey, Value, list[Receiver]]]:
    """Each option with its value and those that take it.

    Args:
        options: keys as they are typed, with values.
        receivers: what each has.
        owns: whether the word before the dot stands for a receiver.
        refuse: makes the error about an option that nobody takes, from the receivers it is addressed to.

    Raises:
        OptionError: nobody takes one; raised when its turn has come.
    """
    for typed, value in options:
        key = option_key(typed)
        if not (names := takers(key, receivers, owns)):
            raise refuse(key, _addressed(key, receivers, owns))
        yield key, value, names


def no_such_option(key: OptionKey, addressed: Mapping[str, Fields], noun: str, receivers: Iterable[str]) -> OptionError:
    """The error about an option that no method (or metric: `noun`) has; `receivers` are those that were named."""
    if not addressed:
        return OptionError(f"{key.typed}: {key.owner} is not among the {noun}s named ({', '.join(receivers)}).")
    subject = f"{next(iter(addressed))} has no" if len(addressed) == 1 else f"none of {', '.join(addressed)} has an"
    options = "; ".join(f"{name} has {', '.join(fields) or 'none'}" for name, fields in addressed.items())
    hint = did_you_mean(similar_option(key, addressed), f"options: {options}.")
    return OptionError(f"{subject} option {key.word!r}; {hint}")


def similar_option(key: OptionKey, addressed: Mapping[Receiver, Fields]) -> list[str]:
    """The name of the nearest option these have, if one is near."""
    names = dict.fromkeys(name for fields in addressed.values() for name in fields)
    return similar_names(key.name, names, most=1, cutoff=0.5)


def _addressed(
    key: OptionKey, receivers: Mapping[Receiver, Fields], owns: Callable[[str, Receiver], bool]
) -> dict[Receiver, Fields]:
    return {name: fields for name, fields in receivers.items() if not key.owner or owns(key.owner, name)}
