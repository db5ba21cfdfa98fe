"""What a module's own code changes of it while it runs: statistics, counters, caches, weights; kept, and put back."""

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from operator import is_
from typing import Any, Final, TypeAlias

import torch
from torch import Tensor, nn
from torch._utils import _flatten_dense_tensors

_PutBack: TypeAlias = Callable[[], object]
_OF_TORCH: Final = frozenset(vars(nn.Module())) - {"_parameters", "_buffers"}  # hooks and children among them
# Attributes may say that hooks stand, as transformers' do: either both stay or neither.
_HOOKS: Final = (
    *("_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called"),
    *("_forward_pre_hooks", "_forward_pre_hooks_with_kwargs"),
)
_LEFT: Final = _OF_TORCH - frozenset(_HOOKS)  # whose contents stay as the module's code leaves them
_CONTAINERS: Final = frozenset({dict, OrderedDict, list, set, deque})
_PLAIN: Final = (Tensor, nn.Buffer)
_LARGE: Final = 2**20  # whole numbers: packed weights and tables of places, which no pass changes


def module_state(parts: Sequence[nn.Module]) -> list[_PutBack]:
    """What puts back the buffers, attributes, hooks and places of weights that these modules have now.

    Buffers come back bit by bit, weights as the tensors they were. A part that builds itself at its first image stays
    built. What lies within objects of other kinds is not looked at, nor are weights that are changed in place.
    """
    held = [buffer for part in parts for buffer in part._buffers.values()]
    distinct = {id(buffer): buffer for buffer in held if isinstance(buffer, Tensor) and type(buffer) in _PLAIN}
    buffers, aliases = [*distinct.values()], [buffer.detach() for buffer in distinct.values()]
    of_parts = {id(weight): weight for part in parts for weight in part._parameters.values()}
    weights = [weight for weight in of_parts.values() if type(weight) is nn.Parameter]
    return [
        *_values(aliases),
        partial(_relocate, [*buffers, *weights], [*aliases, *(weight.detach() for weight in weights)]),
        *(_attributes(part) for part in parts),
    ]


def _values(buffers: Iterable[Tensor]) -> Iterator[_PutBack]:
    """Buffers of a kind are copied and compared as one row of numbers: models have hundreds of small ones."""
    kinds: dict[tuple[torch.dtype, torch.device], list[Tensor]] = defaultdict(list)
    for buffer in buffers:
        if not buffer.is_meta and (buffer.is_floating_point() or buffer.numel() <= _LARGE):
            kinds[buffer.dtype, buffer.device].append(buffer)
    for of_kind in kinds.values():
        row = _flatten_dense_tensors(of_kind)
        yield partial(_restore, of_kind, row.clone() if len(of_kind) == 1 else row)


def _restore(buffers: list[Tensor], row: Tensor) -> None:
    """The values that buffers had; those that have them still are not touched."""
    if torch.equal(_flatten_dense_tensors(buffers), row):
        return
    for buffer, kept in zip(buffers, row.split([buffer.numel() for buffer in buffers]), strict=True):
        if not torch.equal(buffer.flatten(), kept):
            buffer.copy_(kept.view_as(buffer))


def _relocate(tensors: list[Tensor], aliases: list[Tensor]) -> None:
    """Undoes `tensor.data = ...` and `tensor.resize_(...)`; an alias has the memory and shape that a tensor had."""
    for tensor, alias in zip(tensors, aliases, strict=True):
        if tensor.data_ptr() != alias.data_ptr() or tensor.shape != alias.shape:
            tensor.data = alias


def _attributes(part: nn.Module) -> _PutBack:
    kept, kind, children = vars(part).copy(), type(part), [*part._modules.values()]
    containers = [value for name, value in kept.items() if type(value) in _CONTAINERS and name not in _LEFT]
    contents = [(container, container.copy()) for container in containers if container]
    empty = [container for container in containers if not container]  # most are, and of a large model there are many

    def put_back() -> None:
        if type(part) is not kind or [*part._modules.values()] != children:
            return
        now = vars(part)
        if len(now) != len(kept) or not all(map(is_, now.values(), kept.values())):
            own = kept.keys() - _OF_TORCH
            for name in now.keys() - own - _OF_TORCH:
                del now[name]
            now.update({name: kept[name] for name in own})
        for container, content in contents:
            _refill(container, content)
        if any(empty):
            for container in empty:
                container.clear()

    return put_back


def _refill(container: Any, content: Any) -> None:
    """The very things that a container held."""
    same = len(container) == len(content) and all(map(is_, container, content))
    if same and isinstance(container, dict):
        same = all(map(is_, container.values(), content.values()))
    if not same:
        container.clear()
        (container.extend if isinstance(container, (list, deque)) else container.update)(content)
