"""What a module's own code changes of it while it runs: statistics, counters, caches, weights; kept, and put back."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, TypeAlias

import torch
from torch import Tensor, nn

_PutBack: TypeAlias = Callable[[], object]
_OF_TORCH: Final = frozenset(vars(nn.Module())) - {"_parameters", "_buffers"}  # hooks and children among them
_CONTAINERS: Final = (dict, OrderedDict, list, set, deque)
_LARGE: Final = 2**20  # whole numbers: packed weights and tables of places, which no pass changes


def module_state(module: nn.Module) -> list[_PutBack]:
    """What puts back the buffers, attributes and places of weights that every part of a module has now.

    Buffers come back bit by bit, weights as the tensors they were. A part that builds itself at its first image stays
    built. What lies within objects of other kinds is not looked at, nor are weights that are changed in place.
    """
    parts = list(module.modules())
    return [
        *(partial(_restore, tensor, kept) for tensor, kept in _copies(parts)),
        *(partial(_relocate, weight, weight.data) for weight in module.parameters() if type(weight) is nn.Parameter),
        *(_attributes(part) for part in parts),
    ]


def _copies(parts: Iterable[nn.Module]) -> list[tuple[Tensor, Tensor]]:
    buffers = {id(buffer): buffer for part in parts for buffer in part._buffers.values() if buffer is not None}
    small = [one for one in buffers.values() if one.is_floating_point() or one.numel() <= _LARGE]
    return [(buffer, buffer.detach().clone()) for buffer in small]


def _restore(tensor: Tensor, kept: Tensor) -> None:
    """The values and the shape that a buffer had; one that has them still is not touched."""
    if tensor.shape != kept.shape or tensor.dtype != kept.dtype:
        tensor.data = kept
    elif not torch.equal(tensor, kept):
        with torch.no_grad():
            tensor.copy_(kept)


def _relocate(weight: nn.Parameter, kept: Tensor) -> None:
    """Undoes `weight.data = ...`."""
    if weight.data_ptr() != kept.data_ptr() or weight.shape != kept.shape:
        weight.data = kept


def _attributes(part: nn.Module) -> _PutBack:
    own = {name: value for name, value in vars(part).items() if name not in _OF_TORCH}
    contents = [(value, value.copy()) for value in own.values() if type(value) in _CONTAINERS]
    kind, children = type(part), tuple(part._modules.values())

    def put_back() -> None:
        if type(part) is not kind or tuple(part._modules.values()) != children:
            return
        now = vars(part)
        for name in [name for name in now if name not in own and name not in _OF_TORCH]:
            del now[name]
        now.update(own)
        for container, content in contents:
            _refill(container, content)

    return put_back


def _refill(container: Any, content: Any) -> None:
    """The very things that a container held."""
    if isinstance(container, dict):
        same = list(container) == list(content) and all(container[name] is content[name] for name in content)
    else:
        same = len(container) == len(content) and all(a is b for a, b in zip(container, content, strict=True))
    if not same:
        container.clear()
        (container.extend if isinstance(container, (list, deque)) else container.update)(content)
