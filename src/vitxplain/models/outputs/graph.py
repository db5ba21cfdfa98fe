"""What the graph behind an output says: what the output ends in, and what it was computed from."""

from collections.abc import Iterator
from typing import Any, Final

from torch import Tensor

# Operations that only place numbers anew, and those that average or add them; by the names autograd gives them.
_PLACING: Final = frozenset(
    "View UnsafeView ReshapeAlias Squeeze Unsqueeze Expand Permute Transpose T Clone ToCopy Alias Select Slice Index "
    "Unbind Split Chunk Narrow Contiguous Mt".split()
)
_BLENDING: Final = frozenset("Mean Sum Add Div Mul Stack Cat".split())
LINEAR: Final = frozenset("Addmm Mm Bmm Convolution Linear MkldnnLinear Baddbmm".split())


def endings(tensor: Tensor) -> frozenset[str]:
    """What a tensor is made of, by the names of operations, behind those that only place or average numbers."""
    return frozenset(
        name for node in _walk(tensor.grad_fn, _PLACING | _BLENDING) if (name := _name(node)) != "AccumulateGrad"
    )


def last_step(tensor: Tensor) -> str:
    """The name of the last operation that did more than place numbers or keep them between 0 and 1."""
    return next((_name(node) for node in _walk(tensor.grad_fn, _PLACING)), "")


def is_cut_off(tensor: Tensor) -> bool:
    """Whether the last operation cuts off what is below 0 or above 1."""
    return any(_is_unit_clamp(node) for node in _walk(tensor.grad_fn, _PLACING, inner=True))


def ends_linear(tensor: Tensor) -> bool:
    """Whether a tensor is what a linear layer or a convolution returned, but for places, averages and sums."""
    return bool(endings(tensor) & LINEAR)


def is_computed_from(tensor: Tensor, other: Tensor) -> bool:
    """Whether the graph of a tensor goes through another one."""
    start = other.grad_fn
    if start is None or tensor.grad_fn is start:
        return False
    return any(node is start for node in _walk(tensor.grad_fn, None, inner=True))


def _walk(start: Any, through: frozenset[str] | None, *, inner: bool = False) -> Iterator[Any]:
    """Nodes reached from `start` through operations of these names (all, for None): those beyond, or all of them."""
    todo, visited = [start], set[Any]()
    while todo:
        node = todo.pop()
        if node is None or node in visited:
            continue
        visited.add(node)
        passed = through is None or _name(node) in through or _is_unit_clamp(node)
        if inner or not passed:
            yield node
        if passed:
            todo.extend(following for following, _ in node.next_functions)


def _is_unit_clamp(node: Any) -> bool:
    """Whether a step keeps numbers within [0, 1], as a guard before a logarithm does."""
    for low, high in (("_saved_min", "_saved_max"), ("_saved_min_val", "_saved_max_val")):
        least, most = getattr(node, low, None), getattr(node, high, None)
        if isinstance(least, (int, float)) and isinstance(most, (int, float)):
            return least >= 0 and most <= 1
    return False


def _name(node: Any) -> str:
    """Addmm, of AddmmBackward0."""
    return str(node.name()).rsplit("::", 1)[-1].partition("Backward")[0]
