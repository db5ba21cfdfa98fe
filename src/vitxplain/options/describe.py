"""What the options of a class are, for listings: its dataclass fields, their types in words, and its docstring."""

import re
from dataclasses import MISSING, Field, dataclass, fields
from inspect import getdoc
from textwrap import dedent
from typing import Any

from vitxplain.options.parse import describe, option_types


@dataclass(frozen=True)
class OptionFacts:
    """One option (`-o name=value`)."""

    name: str
    takes: str  # "a whole number or none"
    default: Any
    help: str  # empty where the docstring has none


def option_facts(cls: type) -> list[OptionFacts]:
    """The options of a dataclass, in the order of its fields."""
    texts = help_texts(cls)
    by_name = {field.name: field for field in fields(cls)}
    return [
        OptionFacts(name, describe(hint), _default(by_name[name]), texts.get(name, ""))
        for name, hint in option_types(cls).items()
    ]


def help_texts(cls: type) -> dict[str, str]:
    """What the section "Args:" of the docstring says about each name, on one line; else what that of a base says."""
    texts: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        _, _, section = (getdoc(base) or "").partition("Args:\n")
        entries = re.findall(r"^(\w+): (.*(?:\n +.*)*)", dedent(section.partition("\n\n")[0]), re.MULTILINE)
        texts |= {name: " ".join(text.split()) for name, text in entries}
    return texts


def as_text(value: Any) -> str:
    """A value as it is typed behind `-o name=`: none, true, 8,8."""
    if isinstance(value, tuple):
        return ",".join(map(as_text, value))
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default
