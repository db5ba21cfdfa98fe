"""Following a softmax to the product it weighs, through everything models do in between."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakIdKeyDictionary

PRODUCTS: Final = frozenset({"matmul", "bmm", "__matmul__", "einsum", "baddbmm"})
SOFTMAX: Final = frozenset({"softmax", "softmax_", "_softmax"})
_SWAPS: Final = frozenset({"transpose", "swapaxes", "swapdims", "permute", "mT", "t"})
# Element by element or a mere change of view or type: the numbers stay attention, or scores of it.
_PASSES: Final = frozenset(
    "dropout dropout_ alpha_dropout view view_as reshape reshape_as flatten unflatten unsqueeze squeeze contiguous "
    "clone to type type_as float half bfloat16 double detach masked_fill masked_fill_ where nan_to_num clamp "
    "mul mul_ multiply __mul__ __rmul__ __imul__ div div_ divide true_divide __truediv__ __itruediv__ "
    "add add_ __add__ __radd__ __iadd__ sub sub_ __sub__ __rsub__ __isub__".split()
)
_MIXES: Final = frozenset({"linear", "conv2d", "batch_norm"})  # talking heads: heads mixed by a learned matrix


@dataclass(frozen=True)
class Trace:
    """What is known of a tensor: scores (before the softmax) or weights (after it), and where the key axis is."""

    stage: Literal["scores", "weights"]
    scored: bool  # the softmax was taken of a product of two activations
    queries: int
    keys: int
    key_axis: int = -1  # counted from the end


@dataclass(frozen=True)
class Contraction:
    """A product that sums weights over their key axis: operand `position` holds the weights."""

    position: int
    trace: Trace
    order: tuple[int, ...] | None = None  # permutation that brings the weights' axes to (..., query, key)


class SoftmaxChain:
    """The traces of one forward pass; tensors are remembered weakly, so nothing lives longer for being watched."""

    def __init__(self) -> None:
        self._traces: WeakIdKeyDictionary = WeakIdKeyDictionary()

    def contraction(self, name: str, args: Sequence[Any]) -> Contraction | None:
        """Whether this product weighs values by something that came out of a softmax."""
        if name == "einsum":
            return self._einsum_contraction(args)
        operands = args[1:3] if name == "baddbmm" else args[:2]
        if len(operands) < 2 or not all(isinstance(operand, Tensor) for operand in operands):
            return None
        offset = 1 if name == "baddbmm" else 0
        for position, axis in ((0, -1), (1, -2)):
            trace = self._traces.get(operands[position])
            if trace is not None and trace.stage == "weights" and trace.key_axis == axis:
                return Contraction(position + offset, trace, None if axis == -1 else _swapped(operands[position].dim()))
        return None

    def follow(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> None:
        """Carry what is known over to the result of one function."""
        if not isinstance(result, Tensor) or not args:
            return
        if name in PRODUCTS:
            if _two_activations(args):
                self._traces[result] = Trace("scores", True, result.shape[-2], result.shape[-1])
        elif name in SOFTMAX:
            dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
            if isinstance(dim, int) and dim in (-1, result.dim() - 1) and result.dim() >= 3:
                before = self._traces.get(args[0])
                self._traces[result] = Trace("weights", before is not None, result.shape[-2], result.shape[-1])
        elif name in _PASSES or name in _SWAPS or name in _MIXES:
            self._carry(name, args, kwargs, result)

    def _carry(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], result: Tensor) -> None:
        known = [
            (one, trace)
            for one in (*args, *kwargs.values())
            if isinstance(one, Tensor) and (trace := self._traces.get(one)) is not None
        ]
        if not known:
            return
        source, trace = max(known, key=lambda pair: pair[1].scored)
        if result.numel() != source.numel():
            return
        if name in _MIXES:
            # Heads may be mixed, queries and keys not: both must be intact beside the axis that is mixed.
            mixed = source.dim() - 1 if name == "linear" else 1
            rest = [size for axis, size in enumerate(source.shape) if axis != mixed]
            if trace.queries not in rest or trace.keys not in rest or source.dim() < 4:
                return
        if name in _SWAPS:
            axis = _axis_after(name, args, kwargs, source.dim(), trace.key_axis)
            self._traces[result] = replace(trace, key_axis=axis)
        else:
            self._traces[result] = trace

    def _einsum_contraction(self, args: Sequence[Any]) -> Contraction | None:
        if not args or not isinstance(args[0], str):
            return None
        operands = args[1] if len(args) == 2 and isinstance(args[1], (list, tuple)) else args[1:]
        terms, _, out = re.sub(r"\s|\.\.\.", "", args[0]).partition("->")
        names = terms.split(",")
        if len(names) != 2 or len(operands) != 2:
            return None
        for position, (term, operand) in enumerate(zip(names, operands, strict=True)):
            trace = self._traces.get(operand) if isinstance(operand, Tensor) else None
            if trace is None or trace.stage != "weights" or len(term) < -trace.key_axis:
                continue
            key, other = term[trace.key_axis], names[1 - position]
            queries = [letter for letter in term if letter in out and letter not in other]
            if key in out or key not in other or len(queries) != 1:
                continue
            lead = operand.dim() - len(term)  # axes behind an ellipsis
            places = [term.index(letter) + lead for letter in term if letter not in (key, queries[0])]
            order = (*range(lead), *places, term.index(queries[0]) + lead, term.index(key) + lead)
            return Contraction(position + 1, trace, None if order == tuple(range(operand.dim())) else order)
        return None


def _two_activations(args: Sequence[Any]) -> bool:
    flat = [one for arg in args for one in (arg if isinstance(arg, (list, tuple)) else (arg,))]
    tensors = [one for one in flat if isinstance(one, Tensor)]
    return len(tensors) >= 2 and all(one.dim() >= 3 and not isinstance(one, nn.Parameter) for one in tensors[-2:])


def _swapped(dims: int) -> tuple[int, ...]:
    return (*range(dims - 2), dims - 1, dims - 2)


def _axis_after(name: str, args: Sequence[Any], kwargs: Mapping[str, Any], dims: int, axis: int) -> int:
    """Where an axis (counted from the end) is after a transpose or permute."""
    if name == "permute":
        given = args[1:] or (kwargs.get("dims", ()),)
        order = given[0] if isinstance(given[0], (tuple, list, torch.Size)) else given
        return [one % dims for one in order].index(axis % dims) - dims
    if name in ("mT", "t"):
        first, second = -2, -1
    else:
        first, second = [*args[1:], *kwargs.values()][:2]
    first, second = first % dims - dims, second % dims - dims
    return {first: second, second: first}.get(axis, axis)
