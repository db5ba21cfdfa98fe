"""The hash of a module's weights, worked out again only after they changed."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import nn

from vitxplain.models.objects.packed import stored

_PLAIN = (nn.Parameter, torch.Tensor)  # those of other kinds hold others inside

_hashes: WeakKeyDictionary[nn.Module, tuple[Any, str]] = WeakKeyDictionary()


def weight_hash(module: nn.Module, *, anew: bool = False) -> str | None:
    """SHA-256 of the bytes of all parameters and buffers, in their order; None where some lie on disk, by accelerate.

    Hashing ViT-B takes a quarter of a second, so it is done again only when a tensor was replaced or written to; with
    `anew` always: what is written through `tensor.data` is counted nowhere.
    """
    hashed, state = _hashes.get(module), _writes(module)
    if anew or hashed is None or state is None or hashed[0] != state:
        tensors = [tensor.detach() for tensor in _tensors(module.state_dict(keep_vars=True).values())]
        if any(tensor.is_meta for tensor in tensors):
            return None
        digest = sha256()
        for tensor in tensors:
            digest.update(tensor_bytes(tensor))
        hashed = _hashes[module] = (state, digest.hexdigest())
    return hashed[1]


def tensor_bytes(tensor: torch.Tensor) -> memoryview:
    """The bytes of its values, row by row; of a quantised one those of the whole numbers."""
    whole = tensor.int_repr() if tensor.is_quantized else tensor
    return whole.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data


def _writes(module: nn.Module) -> tuple[Any, ...] | None:
    """Where the tensors of a module lie and how often each was written to; None where some of them count no writes.

    A walk of its own: `state_dict` takes longer than everything else an explanation is told with.
    """
    marks: list[Any] = []
    for part in module.modules():
        if type(part)._save_to_state_dict is not nn.Module._save_to_state_dict or part._state_dict_hooks:
            return None  # quantised layers keep their weights where nobody else sees them
        for outer in (*part._parameters.values(), *part._buffers.values()):
            if outer is None:
                continue
            for tensor in (outer,) if type(outer) in _PLAIN else stored(outer):
                if tensor.is_inference():
                    return None
                marks.append((id(tensor), tensor.data_ptr(), tensor._version))
    return tuple(marks)


def _tensors(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    """The tensors among what a module's state holds: quantised layers keep several in a tuple, and number formats."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield from stored(value)
        elif isinstance(value, (tuple, list)):
            yield from _tensors(value)
