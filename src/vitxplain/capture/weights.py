"""The weights of one attention call: recomputed beside a fused call, or the tensor the model made itself."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import torch
from torch import Tensor

Rows: TypeAlias = slice | Tensor  # some queries
RUN: Final = 2**21  # bytes of weights that are worked out at once: more would leave the cache of a CPU


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

    def mean(self, axis: int) -> Tensor:
        """The mean over an axis, summed one index after the other."""
        return mean_of(self.slices(axis), self.shape[axis])

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
    _shared: dict[int, tuple[Tensor, ...]] | None = field(default=None, init=False)

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
        query = self.query[..., rows, :]
        if len(rows) == 1 and not torch.is_grad_enabled():
            return self._softmax_of(one_by_one(query.float() * self.factor, self.key.float()), mask)
        return self._softmax(query, self.key, mask)

    def runs(self, axis: int) -> Iterator[range]:
        """The indices of `axis` in runs whose weights are worked out at once: many calls cost more than small ones."""
        count, most = self.shape[axis], 1
        if not torch.compiler.is_compiling():  # where sizes may have no numbers yet
            most = max(1, RUN // max(1, 4 * math.prod(self.shape) // count)) if count else 1
        return (range(start, min(start + most, count)) for start in range(0, count, most))

    def of_run(self, axis: int, run: range, scratch: Tensor | None = None) -> Tensor:
        """The weights of a run of indices of `axis`, counted from the end, below -2; the axis stays.

        In memory of `scratch` instead of new memory where it is given.
        """
        query, key = part(self.query, axis, run), part(self.key, axis, run)
        if scratch is not None:
            return self._softmax_in(scratch, query, key)
        return self._softmax(query, key, None if self.mask is None else part(self.mask, axis, run))

    def tile(self, run: slice, queries: Rows) -> "FusedWeights":
        """The call of a run of indices of the first axis, which all operands have, and of some queries."""
        mask = self.mask
        if mask is not None:
            mask = mask[run] if mask.shape[-2] == 1 else mask[run][..., queries, :]
        return FusedWeights(self.query[run][..., queries, :], self.key[run], self.value[run], mask, scale=self.factor)

    def slices(self, axis: int) -> Iterator[Tensor]:
        return self._slices(axis % len(self.shape) - len(self.shape), None)

    def mean(self, axis: int) -> Tensor:
        axis = axis % len(self.shape) - len(self.shape)
        return mean_of(self._slices(axis, self.scratch(axis)), self.shape[axis])

    def scratch(self, axis: int) -> Tensor | None:
        """Memory for the weights of one index of `axis`, where they are worked out one at a time and nobody keeps them.

        New memory for each costs about a tenth of the time that its weights and output take.
        """
        if (
            self._shared is not None
            or self.mask is not None
            or torch.is_grad_enabled()
            or torch.compiler.is_compiling()
        ):
            return None
        leading, one_run = self.shape[:-2], next(self.runs(axis), range(0))
        if len(one_run) != 1 or not leading == self.query.shape[:-2] == self.key.shape[:-2]:
            return None
        return self.query.new_empty(math.prod(leading) // self.shape[axis], *self.shape[-2:], dtype=torch.float32)

    def _slices(self, axis: int, scratch: Tensor | None) -> Iterator[Tensor]:
        """The weights one index of `axis`, counted from the end, at a time; in `scratch` each instead of the last."""
        if axis != self._axis:
            self._outputs.clear()
            self._axis = axis
            if self._shared:
                self._shared.clear()
        # The weights are in the cache now: using them for the output as well costs less than the fused call later.
        graph = self.query.requires_grad or self.key.requires_grad or self.value.requires_grad
        exact = self.value.dtype == torch.float32 and not graph
        for run in self.runs(axis):
            weights, *views = self._run_once(axis, run, scratch)
            yield from views
            if exact and run.start not in self._outputs:
                self._outputs[run.start] = weights @ part(self.value, axis, run)

    def share(self) -> None:
        self._shared = {}

    def _run_once(self, axis: int, run: range, scratch: Tensor | None) -> tuple[Tensor, ...]:
        """The weights of a run, and those of each of its indices."""
        if self._shared is not None and run.start in self._shared:
            return self._shared[run.start]
        weights = self.of_run(axis, run, scratch=scratch)
        views = (weights, *weights.unbind(axis))
        if self._shared is not None:
            self._shared[run.start] = views
        return views

    def output(self) -> Tensor | None:
        self._shared = None
        if self._axis is None or len(self._outputs) != len(list(self.runs(self._axis))):
            return None
        output = torch.cat([self._outputs[run.start] for run in self.runs(self._axis)], self._axis)
        self._outputs.clear()
        return output

    def _softmax_in(self, scratch: Tensor, query: Tensor, key: Tensor) -> Tensor:
        scaled, keys = (query.float() * self.factor).flatten(0, -3), key.float().transpose(-2, -1).flatten(0, -3)
        torch.softmax(torch.bmm(scaled, keys, out=scratch), -1, out=scratch)
        return scratch.view(*query.shape[:-1], key.shape[-2])

    def _softmax(self, query: Tensor, key: Tensor, mask: Tensor | None) -> Tensor:
        return self._softmax_of((query.float() * self.factor) @ key.float().transpose(-2, -1), mask)

    def _softmax_of(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        if mask is None:
            kept = torch.is_grad_enabled() or torch.compiler.is_compiling()
            return torch.softmax(scores, -1, out=None if kept else scores)
        boolean = mask.dtype == torch.bool
        scores = scores.masked_fill(~mask, -math.inf) if boolean else scores + mask.float()
        # A row with nothing to attend to: fused kernels give zeros, a plain softmax NaN. Any other NaN is the model's.
        empty = ~(mask if boolean else mask != -math.inf).any(-1, keepdim=True)
        return scores.softmax(-1).masked_fill(empty, 0.0)


def one_by_one(query: Tensor, key: Tensor) -> Tensor:
    """The product of a single query with each key: as one of matrices, the keys of a batch would be copied first.

    Their heads lie side by side.
    """
    return (query * key).sum(-1).unsqueeze(-2)


def mean_of(slices: Iterator[Tensor], count: int) -> Tensor:
    """The mean of so many, each of which is read before the next is made."""
    total = next(slices).clone()
    for weights in slices:
        total += weights
    return total.div_(count)


def part(tensor: Tensor, axis: int, run: range) -> Tensor:
    """A run of indices of an axis counted from the end; an axis of size one, or none at all, is broadcast."""
    if tensor.dim() < -axis or tensor.shape[axis] == 1:
        return tensor
    return tensor.narrow(axis, run.start, len(run))
