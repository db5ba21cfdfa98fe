"""The gradient of attention weights, part by part, while the backward pass runs."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor

from vitxplain.capture.weights import RUN, ExplicitWeights, FusedWeights, Rows, Weights, mean_of, part
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

    def positive_products(self, axis: int) -> Tensor:
        """The mean over `axis` of the positive part of weights x gradient."""
        products = ((weights * gradient).relu_() for weights, gradient in self.slices(axis))
        return mean_of(products, self.weights.shape[axis])


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
TILE: Final = 3 * 2**19  # bytes of weights at once; their gradient and what is made of it need as much beside them


@dataclass(eq=False)
class FusedGradients(WeightGradients):
    """Of a fused call: dA = dO V^T. On the way the gradients of those of its inputs that are `needed` are worked out.

    Queries whose output has a gradient of zero have part in none: behind the last attention, all but the class token.
    """

    weights: FusedWeights
    output_gradient: Tensor
    needed: Sequence[int] = (QUERY, KEY, VALUE)
    _inputs: list[Tensor] | None = field(default=None, init=False)

    def full(self) -> Tensor:
        return self.output_gradient.float() @ self.weights.value.float().transpose(-2, -1)

    def slices(self, axis: int) -> Iterator[tuple[Tensor, Tensor]]:
        axis = axis % self.output_gradient.dim() - self.output_gradient.dim()
        for run in self.weights.runs(axis):
            outward, value = (part(one, axis, run).float() for one in (self.output_gradient, self.weights.value))
            gradient = outward @ value.transpose(-2, -1)
            yield from zip(self.weights.of_run(axis, run).unbind(axis), gradient.unbind(axis), strict=True)

    def positive_products(self, axis: int) -> Tensor:
        shape = list(self.weights.shape)
        count = shape.pop(axis)
        total = self.output_gradient.new_zeros(shape, dtype=torch.float32)
        for queries, products in self._products(axis):
            for product in products:
                total.view(-1, *shape[-2:])[:, queries] += product.relu()
        return total.div_(count)

    def of_inputs(self) -> list[Tensor]:
        """Gradients of those that are needed, in their order; what was made beside the products is not made again."""
        if self._inputs is None:
            for _ in self._products(-3):
                pass
        return self._inputs or []

    def _products(self, axis: int) -> Iterator[tuple[Rows, Tensor]]:
        """Some queries, and their weights x gradient: (index of `axis`, all other axes, query, key), tile by tile.

        None is to be read once the next one is made: while a tile is in the cache, it becomes gradients of the inputs.
        """
        leading, axis = self.weights.shape[:-2], axis % len(self.weights.shape)
        inputs = (self.weights.query, self.weights.key, self.weights.value)
        query, key, value, outward = (_led_by(axis, one, leading).float() for one in (*inputs, self.output_gradient))
        mask = None if self.weights.mask is None else _led_by(axis, self.weights.mask, leading)
        call = FusedWeights(query, key, value, mask, scale=self.weights.factor)
        shapes = (query.shape, key.shape, value.shape, call.shape)
        totals = {of: outward.new_zeros(shapes[of]) for of in self.needed}
        for run, queries in _tiles(call, moved_rows(outward)):
            tile, moving = call.tile(run, queries), outward[run][..., queries, :]
            weights = tile.full()
            product = (moving @ tile.value.transpose(-2, -1)).mul_(weights)
            yield queries, product
            # Softmax: dS = A * (dA - sum(A * dA)); scores are scale * q k^T + mask.
            scores = product.addcmul_(weights, product.sum(-1, keepdim=True), value=-1)
            for of, total in totals.items():
                if of == QUERY:
                    total[run][..., queries, :] = (scores @ tile.key).mul_(call.factor)
                elif of == KEY:
                    _add_product(total[run], scores, tile.query * call.factor)
                elif of == VALUE:
                    _add_product(total[run], weights, moving)
                else:
                    total[run][..., queries, :] = scores
        others = leading[:axis] + leading[axis + 1 :]
        self._inputs = [one.view(len(one), *others, *one.shape[-2:]).movedim(0, axis) for one in totals.values()]


def _led_by(axis: int, tensor: Tensor, leading: tuple[int, ...]) -> Tensor:
    """(index of `axis`, all other leading axes, the last two) of a tensor that is broadcast over the leading axes."""
    others = math.prod(leading[:axis] + leading[axis + 1 :])
    whole = tensor.expand(*leading, *tensor.shape[-2:])
    return whole.movedim(axis, 0).reshape(leading[axis], others, *tensor.shape[-2:])


def _tiles(call: FusedWeights, moved: Tensor | None) -> Iterator[tuple[slice, Rows]]:
    """Indices of the first axis, and queries of those that moved; all indices of some queries before other queries.

    So what is summed over the indices is in the cache, too. Each thread has a tile of its own, since two in one small
    product wait for each other. On a GPU, where calls cost more than memory, no query is left for later.
    """
    count, others, queries, keys = call.shape
    queries = queries if moved is None else len(moved)
    of_one = max(1, 4 * others * queries * keys)
    on_cpu = call.query.device.type == "cpu"
    at_once, threads = (TILE, torch.get_num_threads()) if on_cpu else (max(RUN, of_one), 1)
    length, run = _equal(queries, queries * at_once // of_one), _equal(count, max(threads, at_once // of_one))
    for start in range(0, queries, length):
        chosen = slice(start, start + length)
        for first in range(0, count, run):
            yield slice(first, first + run), chosen if moved is None else moved[chosen]


def _equal(count: int, most: int) -> int:
    """How many of so many at once, `most` or fewer: parts are about equal, for a short rest is slow."""
    return math.ceil(count / math.ceil(count / max(1, most))) if count else 1


def _add_product(total: Tensor, first: Tensor, second: Tensor) -> None:
    """Adds `first`^T `second`, matrix by matrix."""
    flat = total.flatten(0, 1)
    torch.baddbmm(flat, first.flatten(0, 1).transpose(-2, -1), second.flatten(0, 1), out=flat)


class WatchedAttention(torch.autograd.Function):
    """Fused attention whose backward pass shows the gradient of the weights it never made to `report`.

    Forward it is the fused call itself; backward everything is worked out again tile by tile, in cache, so neither
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
