"""The weights of deformable attention: a few sampling points a query, which make one exact matrix."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vitxplain.capture.deformable.samples import Samples
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.capture.weights import Weights


@dataclass(eq=False)
class DeformableWeights(Weights):
    """What deformable attention (arXiv 2010.04159) multiplies its values with: (map, query, place over all levels).

    The attention is linear in its values: the coefficients of bilinear sampling times the softmax weights of the points
    are a matrix whose product with the values is what the module returns. Its rows sum to one, but to less where points
    leave the map, for there the model reads zeros: the rest is attention to nothing, and stays missing here.

    A map is one image's values of one head. Places are numbered level by level in the order in which the model reads
    them, each row by row. The matrix is nearly all zeros and made only when asked for; `entries` are its other numbers.
    All of it is differentiable with respect to weights and points.
    """

    levels: tuple[Samples, ...]
    point_weights: Float[Tensor, "map query point"]  # of the points of all levels, level by level; sum to one
    references: tuple[Tensor, ...] = ()  # inputs of the module, one of which may be the reference of each query

    @property
    def level_sizes(self) -> tuple[tuple[int, int], ...]:
        """(rows, columns) of each level."""
        return tuple(level.size for level in self.levels)

    @property
    def num_points(self) -> tuple[int, ...]:
        """How many points a query has on each level."""
        return tuple(level.num_points for level in self.levels)

    @property
    def shape(self) -> tuple[int, ...]:
        maps, queries, _ = self.point_weights.shape
        return maps, queries, sum(rows * columns for rows, columns in self.level_sizes)

    @property
    def value(self) -> Float[Tensor, "map place channel"]:  # type: ignore[override]  # made when it is asked for
        return torch.cat([level.values.flatten(2) for level in self.levels], -1).transpose(1, 2)

    def detached(self) -> "DeformableWeights":
        """The same numbers without their graph."""
        return DeformableWeights(
            tuple(level.detached() for level in self.levels), self.point_weights.detach(), self.references
        )

    def entries(
        self, queries: Sequence[int] | None = None
    ) -> tuple[Int[Tensor, "map query entry"], Float[Tensor, "map query entry"]]:
        """The places that some queries, or all, read, some of them perhaps twice, and the weight of each."""
        chosen = slice(None) if queries is None else list(queries)
        places, weights, first = [], [], 0
        of_points = self.point_weights[:, chosen].float().split(self.num_points, -1)
        for level, of_level in zip(self.levels, of_points, strict=True):
            of_map, coefficients = level.places(queries)
            places.append((of_map + first).flatten(2))
            weights.append((coefficients * of_level[..., None]).flatten(2))
            first += level.size[0] * level.size[1]
        return torch.cat(places, -1), torch.cat(weights, -1)

    def full(self) -> Tensor:
        return self._dense(*self.entries())

    def rows(self, queries: Sequence[int]) -> Tensor:
        return self._dense(*self.entries(queries))

    def slices(self, axis: int) -> Iterator[Tensor]:
        if axis % 3:
            return iter(self.full().unbind(axis))
        places, weights = self.entries()
        return (self._dense(*pair) for pair in zip(places, weights, strict=True))

    def weighted(self, rows: Float[Tensor, "map row query"]) -> Float[Tensor, "map row place"]:
        """`rows @ full()` without making the matrix: what those that attend to the queries get of each place."""
        places, weights = self.entries()
        shares = rows[..., None] * weights[:, None]
        return self._dense(places[:, None].expand(shares.shape).flatten(2), shares.flatten(2))

    def _dense(self, places: Tensor, weights: Tensor) -> Tensor:
        return weights.new_zeros(*weights.shape[:-1], self.shape[-1]).scatter_add(-1, places, weights)


@dataclass(eq=False)
class DeformableGradients(WeightGradients):
    """Of the matrix of deformable attention, as if each of its numbers were free: dA = dO V^T."""

    weights: DeformableWeights
    output_gradient: Float[Tensor, "map query channel"]

    def full(self) -> Tensor:
        return self.output_gradient.float() @ self.weights.value.float().transpose(-2, -1)

    def entry_products(self) -> tuple[Int[Tensor, "map query entry"], Float[Tensor, "map query entry"]]:
        """The places that queries read, some of them twice, and weight x gradient there; elsewhere it is zero."""
        places, weights = self.weights.entries()
        values = self.weights.value.float()
        products = []
        for of_map, outward, value, weight in zip(places, self.output_gradient.float(), values, weights, strict=True):
            gradients = torch.einsum("qec,qc->qe", value[of_map], outward)
            products.append(weight * gradients)
        return places, torch.stack(products)

    def slices(self, axis: int) -> Iterator[tuple[Tensor, Tensor]]:
        if axis % 3:
            return zip(self.weights.slices(axis), self.full().unbind(axis), strict=True)
        values = self.weights.value.float().transpose(-2, -1)
        pairs = zip(self.output_gradient.float(), values, strict=True)
        return zip(self.weights.slices(0), (outward @ value for outward, value in pairs), strict=True)
