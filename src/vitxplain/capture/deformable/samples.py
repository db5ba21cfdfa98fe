"""Samples: what was read of one level of feature maps at sampling points, and of which places."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor


class Samples(ABC):
    """Points of one level of feature maps, some for each query, at which values are read.

    A map is one image's values of one head. The value read at a point is a sum over places of the map, coefficient
    times value; the coefficients of a point sum to one, to less at the border, to zero outside of the map.
    """

    values: Float[Tensor, "map channel row column"]

    @property
    def size(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.values.shape[2], self.values.shape[3]

    @property
    @abstractmethod
    def num_points(self) -> int:
        """How many points a query has."""

    @abstractmethod
    def detached(self) -> "Samples":
        """The same numbers without their graph."""

    @abstractmethod
    def points(self, queries: Sequence[int] | None = None) -> Float[Tensor, "map query point 2"]:
        """Where some queries or all read, x and y: 0 is the left or upper edge of the map, 1 the other one."""

    @abstractmethod
    def places(
        self, queries: Sequence[int] | None = None
    ) -> tuple[Int[Tensor, "map query point place"], Float[Tensor, "map query point place"]]:
        """The places read for some queries or all, row * columns + column, and the coefficient of each, fp32.

        A coefficient of zero may stand beside any place.
        """


@dataclass(frozen=True, eq=False)
class BilinearSamples(Samples):
    """What `F.grid_sample` reads in its mode `bilinear`, padded with zeros or, with `border`, by the edge of the map.

    The coefficients are differentiable with respect to the grid, which holds x and y from -1 to 1.
    """

    values: Float[Tensor, "map channel row column"]
    grid: Float[Tensor, "map query point 2"]
    align_corners: bool = False
    border: bool = False

    @property
    def num_points(self) -> int:
        return self.grid.shape[2]

    def detached(self) -> "BilinearSamples":
        return replace(self, values=self.values.detach(), grid=self.grid.detach())

    def points(self, queries: Sequence[int] | None = None) -> Float[Tensor, "map query point 2"]:
        return (self._positions(queries) + 0.5) / self._extents

    def places(
        self, queries: Sequence[int] | None = None
    ) -> tuple[Int[Tensor, "map query point place"], Float[Tensor, "map query point place"]]:
        positions, (columns, rows) = self._positions(queries), self._extents
        if self.border:
            positions = positions.clamp(torch.zeros_like(self._extents), self._extents - 1)
        first = positions.detach().floor()
        higher = positions - first  # the share of the neighbour to the right, and of the one below
        lower = 1 - higher
        places, coefficients = [], []
        for down in (0, 1):
            for right in (0, 1):
                x, y = first[..., 0] + right, first[..., 1] + down
                inside = (x >= 0) & (x < columns) & (y >= 0) & (y < rows)
                coefficient = (higher if right else lower)[..., 0] * (higher if down else lower)[..., 1]
                places.append((y * columns + x).where(inside, 0).long())
                coefficients.append(coefficient.where(inside, 0))
        return torch.stack(places, -1), torch.stack(coefficients, -1)

    @property
    def _extents(self) -> Float[Tensor, "2"]:
        rows, columns = self.size
        return torch.tensor((float(columns), float(rows)), device=self.grid.device)

    def _positions(self, queries: Sequence[int] | None) -> Float[Tensor, "map query point 2"]:
        """In places: x of the first column is 0."""
        grid = (self.grid if queries is None else self.grid[:, list(queries)]).float()
        if self.align_corners:
            return (grid + 1) / 2 * (self._extents - 1)
        return ((grid + 1) * self._extents - 1) / 2


@dataclass(frozen=True, eq=False)
class IndexedSamples(Samples):
    """What indexing by row and column reads: one whole place a point."""

    values: Float[Tensor, "map channel row column"]
    rows: Int[Tensor, "map query point"]
    columns: Int[Tensor, "map query point"]

    @property
    def num_points(self) -> int:
        return self.rows.shape[2]

    def detached(self) -> "IndexedSamples":
        return replace(self, values=self.values.detach())

    def points(self, queries: Sequence[int] | None = None) -> Float[Tensor, "map query point 2"]:
        rows, columns = self._indices(queries)
        return torch.stack(((columns + 0.5) / self.size[1], (rows + 0.5) / self.size[0]), -1)

    def places(
        self, queries: Sequence[int] | None = None
    ) -> tuple[Int[Tensor, "map query point place"], Float[Tensor, "map query point place"]]:
        rows, columns = self._indices(queries)
        places = (rows * self.size[1] + columns)[..., None]
        return places, torch.ones(places.shape, device=places.device)

    def _indices(self, queries: Sequence[int] | None) -> tuple[Tensor, Tensor]:
        chosen = slice(None) if queries is None else list(queries)
        return self.rows[:, chosen] % self.size[0], self.columns[:, chosen] % self.size[1]  # may count from the end
