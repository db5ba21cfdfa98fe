"""The gradient of attention weights, head by head, while the backward pass runs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vitxplain.capture.weights import ExplicitWeights, FusedWeights, Weights, part
from vitxplain.capture.zero_rows import moved_rows


class WeightGradients(ABC):
    """One call's weights and the gradient of the score with respect to them, in the call's own axes, fp32."""

    weights: Weights

    @abstractmethod
    def full(self) -> Tensor:
        """The gradient of all weights."""

    @abstractmethod
    def slices(self, axis: int) -> Iterator[tuple[Tensor, Tensor]]:
        """(weights, gradient) one index of `axis` at a time; little else lives meanwhile."""

    def products(self, axis: int) -> Iterator[Tensor]:
        """Weights x gradient, one index of `axis` at a time; none is to be changed, or read once the next is made."""
        return (weights * gradient for weights, gradient in self.slices(axis))


@dataclass(eq=False)
class ExplicitGradients(WeightGradients):
    """Of a weight tensor that exists."""

    weights: ExplicitWeights
    gradient: Tensor

    def full(self) -> Tensor:
        return self.gradient.float()

    def slices(self, axis: int) -> Iterator[tuple[Tensor, Tensor]]:
        return zip(self.weights.slices(axis), (part.float() for part in self.gradient.unbind(axis)), strict=True)


QUERY, KEY, VALUE, MASK = range(4)


@dataclass(eq=False)
class FusedGradients(WeightGradients):
    """Of a fused call: dA = dO V^T. On the way the gradients of those of its inputs that are `needed` are worked out.

    Queries whose output has a gradient of zero have part in none: behind the last attention, all but the class token.
    """

    weights: FusedWeights
    output_gradient: Tensor
    needed: Sequence[int] = (QUERY, KEY, VALUE)
    _inputs: dict[int, tuple[Tensor, ...]] = field(default_factory=dict, init=False)
    _axis: int = field(default=-3, init=False)

    def full(self) -> Tensor:
        return self.output_gradient.float() @ self.weights.value.float().transpose(-2, -1)

    def slices(self, axis: int) -> Iterator[tuple[Tensor, Tensor]]:
        axis = self._reading(axis)
        for run in self.weights.runs(axis):
            weights = self.weights.of_run(axis, run)
            outward, moved, moved_gradient = self._of_output(run)
            gradient = _spread(moved_gradient, moved, weights.shape[-2])
            yield from zip(weights.unbind(axis), gradient.unbind(axis), strict=True)
            if run.start not in self._inputs:
                moved_weights = _rows(weights, moved)
                product = moved_weights * moved_gradient
                self._inputs[run.start] = tuple(self._of_run(run, moved_weights, product, outward, moved))

    def products(self, axis: int) -> Iterator[Tensor]:
        """The gradient of the softmax takes them as well: made once, in memory that is used again."""
        axis = self._reading(axis)
        scratch = self.weights.scratch(axis)
        for run in self.weights.runs(axis):
            outward, moved, gradient = self._of_output(run)
            weights = self.weights.of_run(axis, run, rows=moved, scratch=scratch)
            product = gradient.mul_(weights)
            yield from _spread(product, moved, self.weights.shape[-2]).unbind(axis)
            if run.start not in self._inputs:
                self._inputs[run.start] = tuple(self._of_run(run, weights, product, outward, moved))

    def _reading(self, axis: int) -> int:
        """The axis, counted from the end; what was made along another one is of no use."""
        axis = axis % self.output_gradient.dim() - self.output_gradient.dim()
        if axis != self._axis:
            self._inputs.clear()
            self._axis = axis
        return axis

    def _of_output(self, run: range) -> tuple[Tensor, Tensor | None, Tensor]:
        """The output's gradient where queries moved, which did (None: all), and the gradient of their weights."""
        outward = part(self.output_gradient, self._axis, run).float()
        moved = moved_rows(outward)
        outward = _rows(outward, moved)
        return outward, moved, outward @ part(self.weights.value, self._axis, run).float().transpose(-2, -1)

    def _of_run(
        self, run: range, weights: Tensor, product: Tensor, outward: Tensor, moved: Tensor | None
    ) -> Iterator[Tensor]:
        """The gradients of the needed inputs by those of the queries that moved; the product becomes dS."""
        query, key = (part(tensor, self._axis, run).float() for tensor in (self.weights.query, self.weights.key))
        # Softmax: dS = A * (dA - sum(A * dA)); scores are scale * q k^T + mask.
        scores = product.addcmul_(weights, product.sum(-1, keepdim=True), value=-1)
        for of in self.needed:
            if of == QUERY:
                yield _spread(scores @ key * self.weights.factor, moved, query.shape[-2])
            elif of == KEY:
                yield scores.transpose(-2, -1) @ _rows(query, moved) * self.weights.factor
            elif of == VALUE:
                yield weights.transpose(-2, -1) @ outward
            else:
                yield _spread(scores, moved, query.shape[-2])

    def of_inputs(self) -> list[Tensor]:
        """Gradients of those that are needed, in their order; what a watcher made on its way is not made again."""
        runs = list(self.weights.runs(self._axis))
        if len(self._inputs) != len(runs):
            for _ in self.products(self._axis):
                pass
        parts = [self._inputs[run.start] for run in runs]
        return [torch.cat(one, self._axis) for one in zip(*parts, strict=True)]


def _rows(tensor: Tensor, chosen: Tensor | None) -> Tensor:
    return tensor if chosen is None else tensor.index_select(-2, chosen)


def _spread(rows: Tensor, chosen: Tensor | None, count: int) -> Tensor:
    """The chosen of so many rows; the others are zero."""
    if chosen is None:
        return rows
    return rows.new_zeros(*rows.shape[:-2], count, rows.shape[-1]).index_copy_(-2, chosen, rows)


class WatchedAttention(torch.autograd.Function):
    """Fused attention whose backward pass shows the gradient of the weights it never made to `report`.

    Forward it is the fused call itself; backward everything is worked out again head by head, in cache, so neither
    the weights nor their gradients of a layer ever exist at once.
    """

    @staticmethod
    def forward(
        ctx: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None,
        weights: FusedWeights,
        report: Callable[[WeightGradients], None],
    ) -> Tensor:
        ctx.save_for_backward(query, key, value, mask)
        ctx.scale, ctx.report = weights.scale, report
        output = weights.output()
        if output is not None:
            return output
        return F.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=weights.scale)

    @staticmethod
    def backward(ctx: Any, *output_gradients: Tensor) -> tuple[Tensor | None, ...]:
        query, key, value, mask = ctx.saved_tensors
        weights = FusedWeights(query, key, value, mask=mask, scale=ctx.scale)
        needed = [of for of in (QUERY, KEY, VALUE, MASK) if ctx.needs_input_grad[of]]
        weight_gradients = FusedGradients(weights, output_gradients[0], needed)
        with torch.autocast(query.device.type, enabled=False):
            ctx.report(weight_gradients)
            gradients = weight_gradients.of_inputs()
        result: list[Tensor | None] = [None] * len(ctx.needs_input_grad)
        for of, gradient in zip(needed, gradients, strict=True):
            result[of] = gradient.sum_to_size(ctx.saved_tensors[of].shape).to(ctx.saved_tensors[of].dtype)
        return tuple(result)
