"""Following attention back from the readout to the patches, as one row vector instead of N x N products.

Every method that multiplies the matrices of all layers reads a single row of the product in the end. So the row is
carried back layer by layer, from the last to the first: O(N^2) a layer instead of O(N^3).

Not every layer of an isotropic model has all tokens; they are matched by their patches, at the end of the grid:
- patch layers, before the class token is appended (CaiT, ConViT): the missing prefix tokens pass through unchanged;
- class-attention layers (CaiT; one query, all keys): only the readout tokens move, every other passes unchanged;
- a pooling head whose queries are learned latents, no tokens (timm's attention pooling): it weighs the final tokens,
  so the reading starts with its row instead of the plain average of the readout tokens.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from vitxplain.errors import CaptureError
from vitxplain.explainers.query import asking_token
from vitxplain.grid import TokenGrid
from vitxplain.types import TokenMatrix, TokenVector


def start_reading(kept: Sequence[Tensor], grid: TokenGrid) -> tuple[TokenVector, Sequence[Tensor]]:
    """How much each final token counts for the logits, (batch, token), and the layers still to be carried through."""
    last = kept[-1]
    row = last.new_zeros(last.shape[0], grid.num_tokens)
    if _asked_by_latents(last, grid):
        row[:, _span(last.shape[-1], grid)] = last.mean(1)
        return row, kept[:-1]
    row[:, list(grid.readout_tokens)] = 1 / len(grid.readout_tokens)
    return row, kept


def start_at(query: int | str, kept: Sequence[Tensor], grid: TokenGrid) -> tuple[TokenVector, Sequence[Tensor]]:
    """One final token alone, (batch, token), and the layers it comes through; a pooling head follows on it.

    Raises:
        OptionError: the model has no such token.
    """
    last = kept[-1]
    row = last.new_zeros(last.shape[0], grid.num_tokens)
    row[:, asking_token(query, grid)] = 1
    return row, kept[:-1] if _asked_by_latents(last, grid) else kept


def carry_relevance(row: TokenVector, attention: TokenMatrix, grid: TokenGrid) -> TokenVector:
    """`row (I + A)`: one layer of relevance, back from its output tokens to its input tokens."""
    return row + gained_relevance(row, attention, grid)


def gained_relevance(row: TokenVector, attention: TokenMatrix, grid: TokenGrid) -> TokenVector:
    """`row A`: what the tokens of one layer gain, without what they had."""
    queries, keys = _spans(attention, grid)
    gained = torch.zeros_like(row)
    gained[:, keys] = _times(row[:, queries], attention)
    return gained


def carry_rollout(row: TokenVector, attention: TokenMatrix, grid: TokenGrid, residual: float) -> TokenVector:
    """`row M`, M being `residual I + (1 - residual) A` with every row divided by its sum.

    A row of M that is all zero (possible only without residual) carries nothing on.
    """
    queries, keys = _spans(attention, grid)
    row_sums = residual + (1 - residual) * attention.sum(-1)
    # Dividing row i of M by its sum is dividing entry i of the vector by it.
    share = (row[:, queries] / row_sums).masked_fill(row_sums == 0, 0.0)
    carried = row.clone()
    carried[:, queries] = residual * share
    carried[:, keys] += (1 - residual) * _times(share, attention)
    return carried


def patches_among_themselves(tokens: TokenMatrix, grid: TokenGrid) -> Tensor:
    """(batch, patch, patch) of a square matrix of one layer's tokens."""
    first = grid.num_prefix_tokens - _span(tokens.shape[-1], grid).start
    patches = slice(first, first + grid.num_patches)
    return tokens[..., patches, patches]


def total_one(row: TokenVector) -> TokenVector:
    """The row scaled to sum to one; a row of zeros stays."""
    total = row.sum(-1, keepdim=True)
    return (row / total).masked_fill(total == 0, 0.0)


def _times(row: Tensor, matrix: Tensor) -> Tensor:
    return (row.unsqueeze(1) @ matrix).squeeze(1)


def _asked_by_latents(attention: TokenMatrix, grid: TokenGrid) -> bool:
    """Fewer queries than keys, yet the logits are read from other tokens than the first ones."""
    queries, keys = attention.shape[-2:]
    return queries != keys and not set(grid.readout_tokens) <= set(range(grid.num_prefix_tokens))


def _spans(attention: TokenMatrix, grid: TokenGrid) -> tuple[slice, slice]:
    """Which tokens of the grid ask and which are asked."""
    queries, keys = attention.shape[-2:]
    if queries == keys:
        return _span(keys, grid), _span(keys, grid)
    if queries > grid.num_prefix_tokens:
        raise CaptureError(
            f"a layer has {queries} queries for {keys} keys; expected all tokens or prefix tokens to ask."
        )
    return slice(0, queries), _span(keys, grid)


def _span(count: int, grid: TokenGrid) -> slice:
    """`count` tokens of the grid; the first prefix tokens are the ones that may be missing."""
    if count == grid.num_patches:
        return grid.patches
    missing = grid.num_tokens - count
    if not 0 <= missing <= grid.num_prefix_tokens:
        raise CaptureError(
            f"a layer has {count} tokens, the model's grid {grid.num_tokens} ({grid.rows} x {grid.columns} patches, "
            f"{grid.num_prefix_tokens} before, {grid.num_suffix_tokens} after); state the grid when loading the model."
        )
    return slice(missing, grid.num_tokens)
