"""How large a network may be that a configuration asks for: of the order of the weights that lie beside it."""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final

from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook

from vitxplain.errors import ModelLoadError
from vitxplain.files.documents import parse_json
from vitxplain.files.opening import open_file

LARGEST_NUMBER: Final = 10**6  # of layers, heads, features or pixels along a side
COUNTS: Final = re.compile(r"(num|n)_|_size$|size_|dim|depth|layer|width|channel|head|block|window|ratio|mult")
MOST_HEADER_BYTES: Final = 100 * 2**20  # as the library has it
LONGEST_SIDE: Final = 2**13  # pixels of an image that a network takes
TIMES: Final = 8  # what is built in units of what is stored: a parameter may be set several times on the way


@dataclass(frozen=True)
class StoredWeights:
    """How much lies in the files of weights; the defaults stand for weights that are not here to be counted."""

    tensors: int = 2_500
    values: int = 2 * 10**10


def stored_weights(folder: Path) -> StoredWeights:
    """What the headers of a folder's safetensors say; where they say nothing, opening them will tell why."""
    shapes: list[list[int]] = []
    with suppress(Exception):
        for path in folder.glob("*.safetensors"):
            with open_file(path) as file:
                length = min(int.from_bytes(file.read(8), "little"), MOST_HEADER_BYTES)
                header = parse_json(file.read(length))
            shapes += [facts["shape"] for name, facts in header.items() if name != "__metadata__"]
        if shapes:
            return StoredWeights(len(shapes), sum(prod(shape) for shape in shapes))
    return StoredWeights()


def check_numbers(source: str, settings: Mapping[str, Any], prefix: str = "") -> None:
    """Raises:
    ModelLoadError: a configuration asks for so many of something as no network has, which would be counted for ever.
    """
    for name, value in settings.items():
        where = f"{prefix}{name}"
        if isinstance(value, Mapping):
            check_numbers(source, value, f"{where}.")
        for number in value if isinstance(value, list | tuple) else (value,):
            if type(number) is int and number > LARGEST_NUMBER and COUNTS.search(str(name)):
                raise ModelLoadError(
                    f"the configuration of {source} asks for {number:.4g} in {where}, more than any network has; "
                    "correct it, or take the configuration that was saved with the weights."
                )


def check_processor_size(source: str, processor: Any) -> None:
    """Raises:
    ModelLoadError: an image processor makes images of more pixels than any network takes, and than memory holds.
    """
    for setting in ("size", "crop_size", "pad_size"):
        size = getattr(processor, setting, None)
        for name in ("height", "width", "shortest_edge"):
            side = size.get(name) if isinstance(size, Mapping) else getattr(size, name, None)
            if isinstance(side, int | float) and not 0 < side <= LONGEST_SIDE:
                raise ModelLoadError(
                    f"the image processor of {source} makes images of {side:.6g} pixels ({setting}.{name}); correct "
                    f"its preprocessor_config.json, or give another size with size= (1 to {LONGEST_SIDE:,})."
                )


@contextmanager
def bounded(source: str, stored: StoredWeights) -> Iterator[None]:
    """What is built within may be of the order of what is stored, and is given up as soon as it is not.

    Raises:
        ModelLoadError: it is larger, so that the configuration is not that of the weights.
    """
    tensors = values = 0
    thread = threading.get_ident()
    most_tensors, most_values = TIMES * stored.tensors + 500, TIMES * stored.values + 5 * 10**7  # and a new head

    def count(_module: nn.Module, _name: str, parameter: nn.Parameter) -> None:
        nonlocal tensors, values
        if threading.get_ident() != thread or parameter is None:
            return
        tensors, values = tensors + 1, values + parameter.numel()
        if tensors > most_tensors or values > most_values:
            raise ModelLoadError(
                f"the configuration of {source} asks for a network many times larger than its weights, which are "
                f"{stored.tensors:,} tensors of {stored.values:.3g} values in all; take the configuration that was "
                "saved with them."
            )

    handle = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        handle.remove()
