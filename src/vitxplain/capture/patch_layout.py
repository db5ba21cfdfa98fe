"""PatchLayout: how a tensor holds one vector a place of the image, and the feature map it therefore is."""

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from vitxplain.grid import TokenGrid
from vitxplain.types import FeatureMap


@dataclass(frozen=True)
class PatchLayout:
    """Where rows and columns are in a tensor with a leading batch axis."""

    order: Literal["channels_first", "channels_last", "tokens"]
    rows: int
    columns: int
    num_prefix_tokens: int = 0

    def to_map(self, tensor: Tensor) -> FeatureMap:
        """(batch, channel, row, column), a view of the tensor where possible; prefix and suffix tokens dropped."""
        if self.order == "channels_first":
            return tensor
        if self.order == "channels_last":
            return tensor.permute(0, 3, 1, 2)
        start = self.num_prefix_tokens
        patches = tensor[:, start : start + self.rows * self.columns]
        return patches.transpose(1, 2).unflatten(2, (self.rows, self.columns))


def fits(rows: int, columns: int, size: tuple[int, int]) -> bool:
    """Whether a rows x columns map is the input divided by one whole stride, give or take a rounded edge."""
    stride = max(round(size[0] / rows), round(size[1] / columns), 1)
    return all(abs(extent / stride - count) < 1 for extent, count in zip(size, (rows, columns), strict=True))


def factor(tokens: int, size: tuple[int, int]) -> tuple[int, int] | None:
    """Rows and columns of that many patches with the input's aspect ratio, if whole numbers allow it."""
    divisors = [rows for rows in range(1, tokens + 1) if tokens % rows == 0]
    rows = min(divisors, key=lambda rows: abs(math.log(rows * rows / tokens * size[1] / size[0])))
    return (rows, tokens // rows) if fits(rows, tokens // rows, size) else None


def patch_layout(
    shape: tuple[int, ...],
    size: tuple[int, int],
    maps: Collection[tuple[int, int]] = (),
    grids: Collection[TokenGrid] = (),
    apart: Collection[int] = (),
) -> PatchLayout | None:
    """The patch layout of a shape (batch first), or None.

    `size` is the input's (height, width); `maps` the (rows, columns) of feature maps seen in the network, `grids` the
    token grids of its attention, `apart` the lengths of sequences that are no map whatever their number of tokens.
    """
    if len(shape) == 4:
        first, last = (shape[2], shape[3]), (shape[1], shape[2])
        for known in (first in maps, last in maps), (fits(*first, size), fits(*last, size)):
            if min(first) > 1 and known[0]:
                return PatchLayout("channels_first", *first)
            if min(last) > 1 and known[1]:
                return PatchLayout("channels_last", *last)
    # What was pooled to one place is channels, not tokens.
    if len(shape) == 3 and min(shape[1:]) > 1 and shape[1] not in apart:
        for grid in grids:
            if shape[1] == grid.num_tokens:
                return PatchLayout("tokens", grid.rows, grid.columns, grid.num_prefix_tokens)
        found = next((one for one in maps if one[0] * one[1] == shape[1]), None) or factor(shape[1], size)
        if found and min(found) > 1:
            return PatchLayout("tokens", *found)
    return None
