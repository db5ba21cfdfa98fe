"""The gradient of attention weights, head by head, while the backward pass runs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vitxplain.capture.weights import ExplicitWeights, FusedWeights, Weights, pick


class WeightGradients(ABC):
    """One call's weights and the gradient of the score with respect to them, in the call's own axes, fp32."""

    weights: Weights

    @abstractmethod
    def full(self) -> Tensor:
        """The gradient of all weights."""

    @abstractmethod
    def slices(self, axis: int) -> Iterator[tuple[Tensor, Tensor]]:
        """(weights, gradient) one index of `axis` at a time; little else lives meanwhile."""


@dataclass(eq=False)
class ExplicitGradients(WeightGradients):
    """Of a weight tensor that exists."""

    weights: ExplicitWeights
    gradient: Tensor

    def full(self) -> Tensor:
        return self.gradient.float()

    def slices(self, axis: int) -> Iterator[tuple[Tensor, Tensor]]:
        return zip(self.weights.slices(axis), (part.float() for part in self.gradient.unbind(axis)), strict=True)


@dataclass(eq=False)
class FusedGradients(WeightGradients):
    """Of a fused call: dA = dO V^T. On the way the gradients of query, key, value and mask are worked out as well."""

    weights: FusedWeights
    output_gradient: Tensor
    with_mask: bool = False
    _inputs: dict[int, tuple[Tensor, ...]] = field(default_factory=dict, init=False)
    _axis: int = field(default=-3, init=False)

    def full(self) -> Tensor:
        return self.output_gradient.float() @ self.weights.value.float().transpose(-2, -1)

    def slices(self, axis: int) -> Iterator[tuple[Tensor, Tensor]]:
        axis = axis % self.output_gradient.dim() - self.output_gradient.dim()
        if axis != self._axis:
            self._inputs.clear()
            self._axis = axis
        for index in range(self.output_gradient.shape[axis]):
            query, key, value = (
                pick(tensor, axis, index).float()
                for tensor in (self.weights.query, self.weights.key, self.weights.value)
            )
            weights = self.weights.slice(axis, index)
            outward = pick(self.output_gradient, axis, index).float()
            gradient = outward @ value.transpose(-2, -1)
            yield weights, gradient
            if index not in self._inputs:
                # Softmax: dS = A * (dA - sum(A * dA)); scores are scale * q k^T + mask.
                scores = weights * gradient
                scores.addcmul_(weights, scores.sum(-1, keepdim=True), value=-1)
                of_inputs = [scores @ key * self.weights.factor, scores.transpose(-2, -1) @ query * self.weights.factor]
                of_inputs.append(weights.transpose(-2, -1) @ outward)
                self._inputs[index] = (*of_inputs, scores) if self.with_mask else tuple(of_inputs)

    def of_inputs(self) -> list[Tensor]:
        """Gradients of query, key, value (and mask); those a watcher made on its way are not made again."""
        if len(self._inputs) != self.output_gradient.shape[self._axis]:
            for _ in self.slices(self._axis):
                pass
        parts = [self._inputs[index] for index in range(len(self._inputs))]
        return [torch.stack(one, self._axis) for one in zip(*parts, strict=True)]


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
        weight_gradients = FusedGradients(weights, output_gradients[0], with_mask=ctx.needs_input_grad[3])
        with torch.autocast(query.device.type, enabled=False):
            ctx.report(weight_gradients)
            gradients = weight_gradients.of_inputs()
        inputs = (query, key, value, mask)
        sized = [one.sum_to_size(of.shape).to(of.dtype) for one, of in zip(gradients, inputs, strict=False)]
        return (*sized, *[None] * (6 - len(sized)))
