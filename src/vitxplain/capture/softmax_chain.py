"""SoftmaxChain: follows a softmax to the product it weighs, through whatever a model does in between."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakIdKeyDictionary

from vitxplain.capture.einsum import Einsum

PRODUCTS: Final = frozenset({"matmul", "bmm", "__matmul__", "einsum", "baddbmm"})
SOFTMAX: Final = frozenset({"softmax", "softmax_", "_softmax", "special_softmax"})
_JOINS: Final = frozenset({"cat", "concat", "concatenate"})
_PARTS: Final = _JOINS | {"__getitem__", "narrow", "pad", "_pad"}
_SWAPS: Final = frozenset("transpose swapaxes swapdims permute movedim moveaxis adjoint mT mH".split())
# Element by element or a mere change of view or type: the numbers stay attention, or scores of it.
_PASSES: Final = frozenset(
    "dropout dropout_ alpha_dropout view view_as reshape reshape_as flatten unflatten unsqueeze squeeze contiguous "
    "expand expand_as _unsafe_view clone to type type_as float half bfloat16 double detach masked_fill masked_fill_ "
    "where nan_to_num clamp normalize mul mul_ multiply __mul__ __rmul__ __imul__ div div_ divide true_divide "
    "__truediv__ __itruediv__ add add_ __add__ __radd__ __iadd__ sub sub_ __sub__ __rsub__ __isub__".split()
)
# Heads mixed or scaled by learned numbers (talking heads), along the last axis or the second.
_MIXES: Final = {"linear": -1, "matmul": -1, "__matmul__": -1, "layer_norm": -1, "conv2d": 1, "batch_norm": 1}


@dataclass(frozen=True)
class Trace:
    """What is known of a tensor: scores (before the softmax) or weights (after it), and where the key axis is."""

    stage: Literal["scores", "weights"]
    scored: bool  # the softmax was taken of a product of two activations
    queries: int
    keys: int
    key_axis: int = -1  # counted from the end
    softmaxes: frozenset[int] = frozenset()  # which of the pass


@dataclass(frozen=True)
class Contraction:
    """A product that sums weights over their key axis: operand `position` holds the weights."""

    position: int
    trace: Trace
    order: tuple[int, ...] | None = None  # permutation that brings the weights' axes to (..., query, key)


class SoftmaxChain:
    """The traces of one forward pass; tensors are remembered weakly, so nothing lives longer for being watched."""

    def __init__(self, running: Callable[[], str]) -> None:
        self._traces: WeakIdKeyDictionary = WeakIdKeyDictionary()
        self._running = running  # the path of the module that runs
        self._count = 0
        self.lost: dict[int, str] = {}  # softmaxes of scores nothing was seen weighed by yet, and where they ran

    @property
    def is_empty(self) -> bool:
        """Whether no tensor that lives is followed."""
        return not self._traces.data  # the length of such a dictionary is worked out in Python

    def contraction(self, name: str, args: Sequence[Any]) -> Contraction | None:
        """Whether this product weighs values by something that came out of a softmax."""
        if not self._traces:
            return None
        if name == "einsum":
            return self._einsum_contraction(args)
        first = 1 if name == "baddbmm" else 0
        operands = args[first : first + 2]
        if len(operands) < 2 or not all(isinstance(operand, Tensor) for operand in operands):
            return None
        for position, axis in ((0, -1), (1, -2)):
            operand = operands[position]
            trace = self._traces.get(operand)
            if trace is not None and trace.stage == "weights" and trace.key_axis == axis:
                self._found(trace)
                dims = operand.dim()
                order = None if axis == -1 else (*range(dims - 2), dims - 1, dims - 2)
                return Contraction(position + first, trace, order)
        return None

    def _einsum_contraction(self, args: Sequence[Any]) -> Contraction | None:
        equation = Einsum.read(args)
        if equation is None:
            return None
        for position, operand in enumerate(equation.operands):
            trace = self._traces.get(operand)
            if trace is not None and trace.stage == "weights":
                order = equation.weighing_order(position, trace.key_axis)
                if order is not None:
                    self._found(trace)
                    return Contraction(position + 1, trace, None if order == tuple(range(operand.dim())) else order)
        return None

    def weighs_along(self, tensor: Tensor, axis: int) -> bool:
        """Whether the tensor is the softmax of something along this axis, counted from the end."""
        trace = self._traces.get(tensor)
        return trace is not None and trace.stage == "weights" and trace.key_axis == axis

    def follow(self, func: Callable, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> None:
        """Carry what is known over to the result of one function."""
        if not isinstance(result, Tensor) or not args:
            return
        if name in PRODUCTS and _two_activations(args):
            self._traces[result] = Trace("scores", True, result.shape[-2], result.shape[-1])
        elif name in SOFTMAX:
            dim = kwargs.get("dim", args[1] if len(args) > 1 else None)
            if isinstance(dim, int) and result.dim() >= 3:
                axis = dim % result.dim() - result.dim()
                self._traces[result] = self._softmax(args[0] in self._traces, result, axis)
        elif not self._traces:
            return
        elif name in _PASSES or name in _SWAPS or name in _MIXES or name in _PARTS or name == "einsum":
            self._carry(func, name, args, kwargs, result)

    def _softmax(self, scored: bool, result: Tensor, axis: int) -> Trace:
        queries = result.shape[-2] if axis == -1 else result.shape[-1]
        if not scored:
            return Trace("weights", False, queries, result.shape[axis], axis)
        self._count += 1
        self.lost[self._count] = self._running()
        return Trace("weights", True, queries, result.shape[axis], axis, frozenset({self._count}))

    def _found(self, trace: Trace) -> None:
        for number in trace.softmaxes:
            self.lost.pop(number, None)

    def _carry(self, func: Callable, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], result: Tensor) -> None:
        traced = [
            (tensor, trace)
            for arg in (*args, *kwargs.values())
            for tensor in (arg if isinstance(arg, (list, tuple)) else (arg,))
            if isinstance(tensor, Tensor) and (trace := self._traces.get(tensor)) is not None
        ]
        if not traced:
            return
        source, trace = max(traced, key=lambda pair: pair[1].scored)
        trace = replace(trace, softmaxes=frozenset().union(*(other.softmaxes for _, other in traced)))
        if name in _JOINS and source.shape[trace.key_axis] != trace.keys and len(traced) < len(args[0]):
            self._found(trace)  # maps of attention beside other features: they weigh nothing (DETR's masks)
            return
        if name in _PARTS:  # fewer or more queries or keys; an index that drops an axis is not followed
            if result.dim() != source.dim():
                return
            trace = replace(trace, queries=result.shape[-2], keys=result.shape[-1])
        elif result.numel() != source.numel():
            return
        elif name in _SWAPS:
            trace = replace(trace, key_axis=_axis_after(func, args, kwargs, source.dim(), trace.key_axis))
        elif name == "einsum":
            equation = Einsum.read(args)
            axis = None if equation is None else equation.axis_kept(source, trace.key_axis)
            if axis is None:
                return
            trace = replace(trace, key_axis=axis)
        elif name in _MIXES:
            # Heads may be mixed, queries and keys not: both must be intact beside the axis that is mixed.
            mixed = _MIXES[name] % source.dim()
            rest = [size for axis, size in enumerate(source.shape) if axis != mixed]
            intact = trace.queries in rest and trace.keys in rest and mixed - source.dim() != trace.key_axis
            if not intact or source.dim() < 4:
                return
        self._traces[result] = trace


def _two_activations(args: Sequence[Any]) -> bool:
    flat = [value for arg in args for value in (arg if isinstance(arg, (list, tuple)) else (arg,))]
    tensors = [value for value in flat if isinstance(value, Tensor)]
    return len(tensors) >= 2 and all(t.dim() >= 3 and not isinstance(t, nn.Parameter) for t in tensors[-2:])


def _axis_after(func: Callable, args: Sequence[Any], kwargs: Mapping[str, Any], dims: int, axis: int) -> int:
    """Where an axis (counted from the end) is after a function that reorders axes: tried on one with no numbers."""
    shape = tuple(range(2, 2 + dims))
    moved = func(torch.empty(shape, device="meta"), *args[1:], **kwargs)
    return moved.shape.index(shape[axis]) - dims
