"""SampleChain: follows values sampled at points of feature maps to the weighted sum over the points."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from vitxplain.capture.deformable.samples import BilinearSamples, IndexedSamples, Samples
from vitxplain.capture.deformable.weights import DeformableWeights
from vitxplain.capture.softmax_chain import SoftmaxChain

SAMPLES: Final = frozenset({"grid_sample", "__getitem__"})
_JOINS: Final = frozenset({"stack", "cat", "concat", "concatenate"})
_TURNS: Final = frozenset({"transpose", "swapaxes", "swapdims"})
_SHAPES: Final = frozenset({"flatten", "reshape", "view", "unflatten"})
_SAME: Final = frozenset({"contiguous", "clone", "to", "type", "type_as", "float", "half", "bfloat16"})
_TIMES: Final = frozenset({"mul", "multiply", "__mul__", "__rmul__", "mul_", "__imul__"})


@dataclass(frozen=True, eq=False)
class _Sampled:
    """What is known of a tensor of sampled values.

    `order`: points (map, channel, query, point); levels (map, channel, query, level, point); listed (map, sample,
    channel) and turned (map, channel, sample), whose samples are the points of one query after those of another.
    """

    order: Literal["points", "levels", "listed", "turned"]
    levels: tuple[Samples, ...] = ()
    indexed: tuple[Tensor, Tensor, Tensor] | None = None  # values, rows and columns of what is not known by query yet
    weights: Tensor | None = None  # (map, query, point), once they were multiplied


class SampleChain:
    """The sampled values of one forward pass; tensors are remembered weakly."""

    def __init__(self, softmaxes: SoftmaxChain) -> None:
        self._softmaxes = softmaxes
        self._sampled: WeakIdKeyDictionary = WeakIdKeyDictionary()

    @property
    def is_empty(self) -> bool:
        """Whether no tensor that lives is followed."""
        return not self._sampled.data

    def weighted_sum(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> DeformableWeights | None:
        """The weights, if this function sums weighted values over all the points of each query."""
        if name != "sum" or not args or not self._sampled:
            return None
        sampled = self._sampled.get(args[0])
        if sampled is None or sampled.weights is None or kwargs.get("keepdim") or len(args) > 2:
            return None
        dim = args[1] if len(args) > 1 else kwargs.get("dim", kwargs.get("axis"))
        dim = dim[0] if isinstance(dim, (tuple, list)) and len(dim) == 1 else dim
        return DeformableWeights(sampled.levels, sampled.weights) if dim in (-1, args[0].dim() - 1) else None

    def follow(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> None:
        """Carry what is known over to the result of one function."""
        if not isinstance(result, Tensor) or not args:
            return
        if name in SAMPLES:
            sampled = _grid_sample(*args, **kwargs) if name == "grid_sample" else _indexing(args)
        elif not self._sampled:
            return
        elif name in _JOINS:
            sampled = self._joined(name, args, kwargs, result)
        elif name in _TIMES:
            sampled = self._times(args, result)
        else:
            source = self._sampled.get(args[0]) if isinstance(args[0], Tensor) else None
            sampled = _moved(source, name, args[0].shape, result) if source is not None else None
        if sampled is not None:
            self._sampled[result] = sampled

    def _joined(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], result: Tensor) -> _Sampled | None:
        parts = args[0] if isinstance(args[0], (tuple, list)) else ()
        inputs = [sampled for part in parts if (sampled := self._sampled.get(part)) is not None]
        if (
            not inputs
            or len(inputs) < len(parts)
            or any(one.order != "points" or one.weights is not None for one in inputs)
        ):
            return None
        levels = tuple(level for sampled in inputs for level in sampled.levels)
        axis = (args[1] if len(args) > 1 else kwargs.get("dim", kwargs.get("axis", 0))) % result.dim() - result.dim()
        if name == "stack":
            return _Sampled("levels", levels) if axis == -2 else None
        return _Sampled("points", levels) if axis == -1 else None

    def _times(self, args: Sequence[Any], result: Tensor) -> _Sampled | None:
        pair = [factor for factor in args[:2] if isinstance(factor, Tensor)]
        if len(pair) < 2:
            return None
        for values, weights in (pair, pair[::-1]):
            sampled = self._sampled.get(values)
            if sampled is None or sampled.order != "points" or sampled.weights is not None:
                continue
            maps, _, queries, points = result.shape
            if self._softmaxes.weighs_along(weights, -1) and weights.shape == (maps, 1, queries, points):
                return replace(sampled, weights=weights[:, 0])
        return None


def _grid_sample(
    input: Tensor,  # noqa: A002
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> _Sampled | None:
    if input.dim() != 4 or mode != "bilinear" or padding_mode not in ("zeros", "border"):
        return None
    return _Sampled("points", (BilinearSamples(input, grid, bool(align_corners), padding_mode == "border"),))


def _indexing(args: Sequence[Any]) -> _Sampled | None:
    """values[map, :, row, column] with one row and column for each sample of each map."""
    values, index = args[0], args[1]
    if not (isinstance(index, tuple) and len(index) == 4 and isinstance(values, Tensor) and values.dim() == 4):
        return None
    maps, channels, rows, columns = index
    indices = [maps, rows, columns]
    if not all(isinstance(part, Tensor) and part.dtype == torch.int64 and part.dim() == 2 for part in indices):
        return None
    own = torch.arange(len(values), device=maps.device)[:, None]
    if channels != slice(None) or maps.shape != rows.shape or rows.shape != columns.shape or bool((maps != own).any()):
        return None
    return _Sampled("listed", indexed=(values, rows, columns))


def _moved(source: _Sampled, name: str, shape: torch.Size, result: Tensor) -> _Sampled | None:
    """What a change of view makes of sampled values; None for whatever is not followed."""
    if name in _SAME or (name in _SHAPES and result.shape == shape):
        return source
    if name in _TURNS and source.order == "listed" and result.shape == (shape[0], shape[2], shape[1]):
        return replace(source, order="turned")
    if name not in _SHAPES:
        return None
    if source.order == "levels" and result.shape == (*shape[:3], shape[3] * shape[4]):
        return replace(source, order="points")
    if source.order == "turned" and source.indexed is not None and result.dim() == 4 and result.shape[:2] == shape[:2]:
        values, rows, columns = source.indexed
        by_query = (-1, result.shape[3])
        return _Sampled(
            "points", (IndexedSamples(values, rows.unflatten(1, by_query), columns.unflatten(1, by_query)),)
        )
    return None
