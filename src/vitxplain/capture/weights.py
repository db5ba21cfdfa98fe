"""The weights of one attention call: recomputed beside a fused call, or the tensor the model made itself."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor


class Weights(ABC):
    """Post-softmax weights of one attention call in its own axes (fp32), computed only as far as they are read."""

    value: Tensor

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]: ...

    @abstractmethod
    def full(self) -> Tensor:
        """All weights."""

    @abstractmethod
    def rows(self, queries: Sequence[int]) -> Tensor:
        """The weights of some queries only, (..., len(queries), key)."""

    @abstractmethod
    def slices(self, axis: int) -> Iterator[Tensor]:
        """The weights one index of `axis` at a time; little else lives meanwhile."""

    def share(self) -> None:
        """Several will read the slices: work them out once. All of them then exist until the call is over."""
        return

    def output(self) -> Tensor | None:
        """The call's result if `slices` happened to yield all of it; saves the fused call."""
        return None


@dataclass(eq=False)
class ExplicitWeights(Weights):
    """The tensor that was contracted with the values."""

    tensor: Tensor
    value: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape)

    def full(self) -> Tensor:
        return self.tensor.float()

    def rows(self, queries: Sequence[int]) -> Tensor:
        return self.tensor[..., list(queries), :].float()

    def slices(self, axis: int) -> Iterator[Tensor]:
        return (part.float() for part in self.tensor.unbind(axis))


@dataclass(eq=False)
class FusedWeights(Weights):
    """What `scaled_dot_product_attention` never stores: softmax(q k^T * scale + mask), in fp32."""

    query: Tensor
    key: Tensor
    value: Tensor
    mask: Tensor | None = None
    is_causal: bool = False
    scale: float | None = None
    enable_gqa: bool = False
    _outputs: dict[int, Tensor] = field(default_factory=dict, init=False)
    _axis: int | None = field(default=None, init=False)
    _shared: dict[int, Tensor] | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        if self.enable_gqa and self.key.shape[-3] != self.query.shape[-3]:
            groups = self.query.shape[-3] // self.key.shape[-3]
            self.key = self.key.repeat_interleave(groups, -3)
            self.value = self.value.repeat_interleave(groups, -3)
        if self.is_causal:
            queries, keys = self.query.shape[-2], self.key.shape[-2]
            self.mask = torch.ones(queries, keys, dtype=torch.bool, device=self.query.device).tril()

    @property
    def shape(self) -> tuple[int, ...]:
        leading = torch.broadcast_shapes(self.query.shape[:-2], self.key.shape[:-2])
        return (*leading, self.query.shape[-2], self.key.shape[-2])

    @property
    def factor(self) -> float:
        """What q k^T is multiplied by."""
        return self.scale if self.scale is not None else 1 / math.sqrt(self.query.shape[-1])

    def full(self) -> Tensor:
        return self._softmax(self.query, self.key, self.mask)

    def rows(self, queries: Sequence[int]) -> Tensor:
        rows = list(queries)
        mask = self.mask
        if mask is not None and mask.shape[-2] != 1:
            mask = mask[..., rows, :]
        return self._softmax(self.query[..., rows, :], self.key, mask)

    def slice(self, axis: int, index: int) -> Tensor:
        """The weights of one index of `axis` (counted from the end, below -2)."""
        mask = None if self.mask is None else pick(self.mask, axis, index)
        return self._softmax(pick(self.query, axis, index), pick(self.key, axis, index), mask)

    def slices(self, axis: int) -> Iterator[Tensor]:
        axis = axis % len(self.shape) - len(self.shape)
        if axis != self._axis:
            self._outputs.clear()
            self._axis = axis
            if self._shared:
                self._shared.clear()
        # The weights are in the cache now: using them for the output as well costs less than the fused call later.
        graph = self.query.requires_grad or self.key.requires_grad or self.value.requires_grad
        exact = self.value.dtype == torch.float32 and not graph
        for index in range(self.shape[axis]):
            weights = self._slice_once(axis, index)
            if exact and index not in self._outputs:
                self._outputs[index] = weights @ pick(self.value, axis, index)
            yield weights

    def share(self) -> None:
        self._shared = {}

    def _slice_once(self, axis: int, index: int) -> Tensor:
        if self._shared is None:
            return self.slice(axis, index)
        if index not in self._shared:
            self._shared[index] = self.slice(axis, index)
        return self._shared[index]

    def output(self) -> Tensor | None:
        self._shared = None
        if self._axis is None or len(self._outputs) != self.shape[self._axis]:
            return None
        output = torch.stack([self._outputs[index] for index in range(len(self._outputs))], self._axis)
        self._outputs.clear()
        return output

    def _softmax(self, query: Tensor, key: Tensor, mask: Tensor | None) -> Tensor:
        scores = (query.float() * self.factor) @ key.float().transpose(-2, -1)
        if mask is None:
            return scores.softmax(-1)
        boolean = mask.dtype == torch.bool
        scores = scores.masked_fill(~mask, -math.inf) if boolean else scores + mask.float()
        # A row with nothing to attend to: fused kernels give zeros, a plain softmax NaN. Any other NaN is the model's.
        empty = ~(mask if boolean else mask != -math.inf).any(-1, keepdim=True)
        return scores.softmax(-1).masked_fill(empty, 0.0)


def pick(tensor: Tensor, axis: int, index: int) -> Tensor:
    """One index of an axis counted from the end; an axis of size one, or none at all, is broadcast."""
    if tensor.dim() < -axis:
        return tensor
    return tensor.select(axis, 0 if tensor.shape[axis] == 1 else index)
