"""Of which library's class an object is, told by names: nothing is imported to find out."""

from contextlib import suppress
from typing import Any

from torch import nn


def is_instance_of(thing: Any, library: str, *names: str) -> bool:
    """Whether a class of one of these names, defined in `library`, is among those the object derives from."""
    return any(base.__name__ in names and base.__module__.partition(".")[0] == library for base in type(thing).__mro__)


def configuration(module: nn.Module) -> Any:
    """The configuration of transformers that a module has as its `config`; None where that is anybody's settings."""
    with suppress(Exception):  # a property of the module's own
        config = getattr(module, "config", None)
        return config if is_instance_of(config, "transformers", "PreTrainedConfig", "PretrainedConfig") else None
    return None


def is_transformers_model(module: Any) -> bool:
    """Whether it is a model of transformers, with its configuration; a `config` alone may be anybody's settings."""
    return is_instance_of(module, "transformers", "PreTrainedModel")
