"""PatchLayout: how a tensor holds one vector a place of the image; ImageMaps: which shapes of a network do."""

import math
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
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

    def to_tokens(self, tensor: Tensor) -> Float[Tensor, "batch token channel"]:
        """One vector a token, prefix and suffix tokens among them; of a map one a place, row by row."""
        return tensor if self.order == "tokens" else self.to_map(tensor).flatten(2).transpose(1, 2)

    def grid(self, tokens: int, size: tuple[int, int], attention: TokenGrid | None) -> TokenGrid:
        """Which of so many tokens are patches, on an input of this size; that of attention where it is the same."""
        shape = self.rows, self.columns
        tokens_of = None if attention is None else (attention.rows, attention.columns, attention.num_tokens)
        if attention is not None and self.order == "tokens" and tokens_of == (*shape, tokens):
            return attention
        suffix = tokens - self.num_prefix_tokens - self.rows * self.columns
        return TokenGrid(*shape, self.num_prefix_tokens, suffix, (size[0] / self.rows, size[1] / self.columns))


@dataclass(frozen=True)
class ImageMaps:
    """What is known of the shapes that hold one vector a place of the image, in one network at one input size."""

    input_size: tuple[int, int]  # height, width
    map_sizes: tuple[tuple[int, int], ...] = ()  # (rows, columns) of the feature maps its convolutions make
    grids: tuple[TokenGrid, ...] = ()  # of its token attention
    other_lengths: frozenset[int] = frozenset()  # of sequences that are no map, whatever their number of tokens

    def layout(self, shape: tuple[int, ...]) -> PatchLayout | None:
        """The patch layout of a tensor's shape (batch first), or None."""
        if len(shape) == 4:
            return self._of_map(shape)
        # What was pooled to one place is channels, not tokens.
        if len(shape) == 3 and min(shape[1:]) > 1 and shape[1] not in self.other_lengths:
            return self._of_tokens(shape[1])
        return None

    def _of_map(self, shape: tuple[int, ...]) -> PatchLayout | None:
        first, last = (shape[2], shape[3]), (shape[1], shape[2])
        are_seen = first in self.map_sizes, last in self.map_sizes
        for is_first, is_last in (are_seen, (fits(*first, self.input_size), fits(*last, self.input_size))):
            if min(first) > 1 and is_first:
                return PatchLayout("channels_first", *first)
            if min(last) > 1 and is_last:
                return PatchLayout("channels_last", *last)
        return None

    def _of_tokens(self, length: int) -> PatchLayout | None:
        for grid in self.grids:
            if length == grid.num_tokens:
                return PatchLayout("tokens", grid.rows, grid.columns, grid.num_prefix_tokens)
        sizes = (size for size in self.map_sizes if size[0] * size[1] == length)
        size = next(sizes, None) or factor(length, self.input_size)
        return PatchLayout("tokens", *size) if size is not None and min(size) > 1 else None


def fits(rows: int, columns: int, size: tuple[int, int]) -> bool:
    """Whether a rows x columns map is the input divided by one whole stride, give or take a rounded edge."""
    stride = max(round(size[0] / rows), round(size[1] / columns), 1)
    return all(abs(extent / stride - count) < 1 for extent, count in zip(size, (rows, columns), strict=True))


def factor(tokens: int, size: tuple[int, int]) -> tuple[int, int] | None:
    """Rows and columns of that many patches with the input's aspect ratio, if whole numbers allow it."""
    divisors = [rows for rows in range(1, tokens + 1) if tokens % rows == 0]
    rows = min(divisors, key=lambda rows: abs(math.log(rows * rows / tokens * size[1] / size[0])))
    return (rows, tokens // rows) if fits(rows, tokens // rows, size) else None
