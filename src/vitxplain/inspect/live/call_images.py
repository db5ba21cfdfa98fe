"""The images among the arguments that a model is called with."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor


def image_tensors(value: Any) -> Iterator[Tensor]:
    """Batches of images among the arguments of a call: the first of four axes, or each of three as a batch of one."""
    for tensor in _tensors(value):
        if tensor.is_floating_point() and tensor.dim() in (3, 4) and min(tensor.shape) > 0:
            if tensor.dim() == 4:
                yield tensor
                return
            yield tensor[None]


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        yield from _tensors(list(value.values()))
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        for item in value:
            yield from _tensors(item)
