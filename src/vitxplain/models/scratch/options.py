"""Options of the models trained from scratch: their names, types and ranges, read off a config class."""

from collections.abc import Mapping
from types import UnionType
from typing import Any, Literal, TypeAlias, get_args, get_origin

from vitxplain.errors import OptionError
from vitxplain.options.parse import describe, parse
from vitxplain.suggest import did_you_mean, similar_names

Size: TypeAlias = int | tuple[int, int]  # pixels; one number is a square, two are (height, width)

# What transformers itself hands to a config beside its fields.
_TRANSFORMERS = {
    "attn_implementation",
    "auto_map",
    "experts_implementation",
    "model_type",
    "name_or_path",
    "num_labels",
    "output_attentions",
    "per_layer_config",
    "torch_dtype",
    "use_cache",
}


def pair(size: Size) -> tuple[int, int]:
    """(height, width) of a size."""
    return (size, size) if isinstance(size, int) else size


def option_hints(config: type) -> dict[str, Any]:
    """The options a config class adds to those all configs have, with their types."""
    return dict(config.__annotations__)


def read_options(config: type, options: Mapping[str, Any]) -> dict[str, Any]:
    """Options by name, texts turned into values.

    Raises:
        OptionError: no such option, or a text that is no value of it.
    """
    hints = option_hints(config)
    refuse_unknown(config, options)
    return {
        name: parse(name, value, hints[name]) if isinstance(value, str) else value for name, value in options.items()
    }


def refuse_unknown(config: type, names: Mapping[str, Any]) -> None:
    """Raises OptionError for a name that neither the model nor transformers knows."""
    options = list(option_hints(config))
    for name in names:
        if name in options or name in _TRANSFORMERS or name.startswith("_"):
            continue
        hint = did_you_mean(similar_names(name, options, cutoff=0.5), f"it has {', '.join(options)}.")
        raise OptionError(f"a model from scratch has no option {name!r}; {hint}")


def check_values(config: Any) -> None:
    """Check that every option is of its type and in its range; lists, as JSON has them, become tuples.

    Raises:
        OptionError: one is not; the message says what it takes.
    """
    for name, hint in option_hints(type(config)).items():
        value = getattr(config, name)
        if isinstance(value, list):
            setattr(config, name, value := tuple(value))
        if not _is(value, hint):
            raise OptionError(f"{name} is {value!r}; it takes {describe(hint)}.")
        share = name.endswith(("dropout", "drop_path"))
        if share and not 0 <= value < 1:
            raise OptionError(f"{name} is {value!r}; it takes a number from 0 to 1 (1 itself excluded).")
        numbers = value if isinstance(value, tuple) else (value,)
        if not share and any(isinstance(one, (int, float)) and one is not False and one <= 0 for one in numbers):
            raise OptionError(f"{name} is {value!r}; it takes numbers above 0.")


def _is(value: Any, hint: Any) -> bool:
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        return value in arguments
    if get_origin(hint) is UnionType:
        return any(_is(value, one) for one in arguments)
    if get_origin(hint) is tuple:
        filled = isinstance(value, tuple) and len(value) > 0
        return (
            filled
            and (arguments[-1] is Ellipsis or len(value) == len(arguments))
            and all(_is(one, arguments[0]) for one in value)
        )
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)
