"""View: how an image that a network made of its input lies on that input, and how a map of it is put back."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

_EXACT = 1e-3  # of a cell: what rounding may do to a place that is the centre of one


@dataclass(frozen=True)
class View:
    """The image within a network, of `size` (height, width), made of an input of `source` (height, width).

    `matrix` takes (row, column, 1), both as shares of the source from -1 to 1, to (row, column) as shares of the view.
    """

    source: tuple[int, int]
    size: tuple[int, int]
    matrix: tuple[tuple[float, float, float], tuple[float, float, float]]

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole input as it lies, at whatever resolution."""
        slack = 1.5 / min(self.size)  # a pixel and a half, which resizing may be off by
        as_it_lies = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
        pairs = zip(self.matrix, as_it_lies, strict=True)
        return all(abs(a - b) <= slack for row, plain in pairs for a, b in zip(row, plain, strict=True))

    @property
    def is_turned(self) -> bool:
        """Whether rows of the view are columns of the source."""
        return abs(self.matrix[0][0]) < abs(self.matrix[0][1])

    @property
    def is_mirrored(self) -> bool:
        """Whether it does not lie as the source does: mirrored or turned."""
        return self.is_turned or self.matrix[0][0] < 0 or self.matrix[1][1] < 0

    def is_padded_to(self, cells: tuple[int, int] | None) -> bool:
        """Whether less than a cell of a map was added, below and to the right: networks fill up their last patches.

        Of a map that is not known (None) all that was added there counts as that.
        """
        (down, _, start), (_, right, left) = self.matrix
        slack = 1.5 / min(self.size)
        ends = all(abs(scale - 1 - shift) <= slack for scale, shift in ((down, start), (right, left)))
        added = [(1 - scale) * count for scale, count in zip((down, right), cells or (0, 0), strict=True)]
        filled = all(part < 1 for part in added)
        return not self.is_mirrored and ends and filled and down <= 1 + slack and right <= 1 + slack

    def grid(self, cells: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of the source that are as large as those a map of the view has."""
        (down, across, _), (back, right, _) = self.matrix
        rows, columns = (cells[1] * back, cells[0] * across) if self.is_turned else (cells[0] * down, cells[1] * right)
        return max(1, round(abs(rows))), max(1, round(abs(columns)))

    def shares(self, down: float, across: float) -> tuple[float, float]:
        """A point of the source as shares of the view; outside 0 to 1 it is not there."""
        row, column = np.array(self.matrix) @ (2 * down - 1, 2 * across - 1, 1)
        return float(row + 1) / 2, float(column + 1) / 2

    def put_back(
        self, values: Float[Tensor, "*leading row column"], grid: tuple[int, int]
    ) -> Float[Tensor, "*leading row2 column2"]:
        """A map of the view on a grid (rows, columns) of the whole source; 0 where the view does not reach."""
        places = self._places(grid)
        rows, columns = values.shape[-2:]
        inside = (np.abs(places) <= 1 + 1e-6).all(-1)
        cells = (places + 1) * (rows, columns) / 2 - 0.5
        nearest = cells.round()
        within = torch.from_numpy(inside).to(values.device)
        if (np.abs(cells - nearest)[inside] <= _EXACT).all():
            numbers = torch.from_numpy(nearest.clip(0, (rows - 1, columns - 1)).astype(np.int64)).to(values.device)
            return values[..., numbers[..., 0], numbers[..., 1]] * within
        flat = values.float().reshape(1, -1, rows, columns)
        shares = torch.from_numpy(np.ascontiguousarray(places[None, ..., ::-1])).to(values.device, torch.float32)
        sampled = F.grid_sample(flat, shares, "bilinear", "border", align_corners=False)
        return sampled.view(*values.shape[:-2], *grid) * within

    def _places(self, grid: tuple[int, int]) -> Float[np.ndarray, "row column axis"]:
        """Where in the view the centre of each cell of the source lies, from -1 to 1."""
        # No tensors: a trace for export would take the choice between them for one by the pixels.
        rows, columns = ((np.arange(count) * 2 + 1) / count - 1 for count in grid)
        centres = np.stack([*np.meshgrid(rows, columns, indexing="ij"), np.ones(grid)], -1)
        return centres @ np.array(self.matrix).T


Step = Literal[-1, 1]


def lying(size: tuple[int, int], down: Step = 1, right: Step = 1, *, turned: bool = False) -> View:
    """One of the eight ways a whole image can lie; `turned` swaps rows and columns first."""
    matrix = ((0.0, float(down), 0.0), (float(right), 0.0, 0.0)) if turned else (
        (float(down), 0.0, 0.0), (0.0, float(right), 0.0)
    )  # fmt: skip
    return View(size, (size[1], size[0]) if turned else size, matrix)
