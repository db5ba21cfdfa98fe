"""The options of a data set: the parameters of what makes it."""

import inspect
from collections.abc import Callable, Container, Mapping
from dataclasses import is_dataclass
from difflib import get_close_matches
from typing import Any, Final, get_type_hints

from vitxplain.data.sample import DataSet
from vitxplain.errors import OptionError
from vitxplain.option_text import option_types, parse

NO_OPTIONS: Final = frozenset({"split", "strict", "epoch"})  # said elsewhere, or known to training alone


def parameters(make: Callable[..., DataSet]) -> dict[str, Any]:
    """What a data set can be told, by name, with types."""
    if isinstance(make, type) and is_dataclass(make):
        return option_types(make)
    hints = get_type_hints(make)
    return {name: hints[name] for name in inspect.signature(make).parameters}


def chosen(
    source: str, make: Callable[..., DataSet], options: Mapping[str, Any], taken: Container[str] = ()
) -> dict[str, Any]:
    """Options by name, texts read by type.

    Raises:
        OptionError: there is no such option, or it does not take the value.
    """
    known = {key: hint for key, hint in parameters(make).items() if key not in NO_OPTIONS and key not in taken}
    values = {}
    for word, value in options.items():
        key = word.replace("-", "_")
        if key not in known:
            near = get_close_matches(key, known, n=2, cutoff=0.5)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"It has: {', '.join(known) or 'none'}."
            raise OptionError(f"the data set {source} has no option {word!r}. {hint}")
        values[key] = parse(word, value, known[key]) if isinstance(value, str) else value
    return values
