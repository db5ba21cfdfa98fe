"""Of which library's class an object is, told by names: nothing is imported to find out."""

from typing import Any


def is_instance_of(thing: Any, library: str, *names: str) -> bool:
    """Whether a class of one of these names, defined in `library`, is among those the object derives from."""
    return any(base.__name__ in names and base.__module__.partition(".")[0] == library for base in type(thing).__mro__)


def is_transformers_model(module: Any) -> bool:
    """Whether it is a model of transformers, with its configuration; a `config` alone may be anybody's settings."""
    return is_instance_of(module, "transformers", "PreTrainedModel")
