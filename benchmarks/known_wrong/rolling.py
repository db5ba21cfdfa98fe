"""Mistakes in attention rollout."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.known_wrong.material import GRID, alike, attention, found

Normalise = Callable[[Tensor], Tensor]
DISCARD, BATCH = 0.9, 8


def rows(matrices: Tensor) -> Tensor:
    return matrices / matrices.sum(-1, keepdim=True)


def without_keepdim(matrices: Tensor) -> Tensor:
    """What the line does that forgets `keepdim`: one image's (token, token) divided along the wrong axis."""
    return matrices / matrices.sum(-1)[..., None, :]


def rollout(fused: Tensor, normalise: Normalise = rows) -> Tensor:
    """(image, layer, query, key) to (image, patch), the class token's row."""
    mixed = normalise(0.5 * fused + 0.5 * torch.eye(fused.shape[-1]))
    product = mixed[:, 0]
    for layer in mixed.unbind(1)[1:]:
        product = layer @ product
    return product[:, 0, 1:]


def smallest(fused: Tensor, ratio: float) -> Tensor:
    """Which entries are the smallest of each image and layer; those of the class token's column stay."""
    flat = fused.flatten(2)
    chosen = flat.topk(int(ratio * flat.shape[-1]), largest=False).indices
    mask = torch.zeros_like(flat, dtype=torch.bool).scatter(-1, chosen, True).view_as(fused)
    mask[..., 0] = False
    return mask


def keepdim() -> dict[str, float]:
    """Columns divided instead of rows."""
    mean = attention().mean(2)
    most = attention().amax(2)
    fewer = mean.masked_fill(smallest(mean, DISCARD), 0)
    return {
        "plain": alike(rollout(mean), rollout(mean, without_keepdim)),
        "max": alike(rollout(most), rollout(most, without_keepdim)),
        "max_right": found(rollout(most)),
        "max_wrong": found(rollout(most, without_keepdim)),
        "discard": alike(rollout(fewer), rollout(fewer, without_keepdim)),
        "discard_right": found(rollout(fewer)),
        "discard_wrong": found(rollout(fewer, without_keepdim)),
    }


def discards_of_a_batch() -> dict[str, float]:
    """The indices of every image's smallest entries, all zeroed in the first image."""
    mean = attention()[:BATCH].mean(2)
    mask = smallest(mean, DISCARD)
    together = torch.zeros_like(mask)
    together[0] = mask.any(0)
    wrong, right = (rollout(mean.masked_fill(one, 0)) for one in (together, mask))
    return {
        "asked": DISCARD,
        "zeroed": float(together[0].float().mean()),
        "first": int((wrong[0] > 0).sum()),
        "others": alike(right[1:], wrong[1:]),
        "images": BATCH,
        "patches": wrong.shape[1],
    }


def prefix_tokens() -> dict[str, float]:
    """Maps of a model with more tokens before its patches than the one that is skipped: they move by so many."""
    right = rollout(attention().mean(2))
    moved = {count: torch.nn.functional.pad(right, (count, 0))[:, : GRID * GRID] for count in (1, 4)}
    return {"right": found(right), "one": found(moved[1]), "four": found(moved[4])}


def square_grids() -> dict[str, float]:
    """A grid of 8 x 18 patches taken for the square of as many, and rows taken for columns."""
    rows_, columns = 8, 18
    numbers = np.arange(rows_ * columns)
    side = int(len(numbers) ** 0.5)
    square = (numbers // columns * side // rows_ != numbers // side) | (
        numbers % columns * side // columns != numbers % side
    )
    swapped = (numbers // columns * columns // rows_ != numbers // rows_) | (
        numbers % columns * rows_ // columns != numbers % rows_
    )
    return {"square": float(square.mean()), "swapped": float(swapped.mean())}


def constant_map() -> dict[str, float]:
    """A constant map scaled by its smallest and largest value."""
    heat = np.full((GRID, GRID), 0.01)
    with np.errstate(invalid="ignore"):
        scaled = (heat - heat.min()) / (heat.max() - heat.min())
    return {"not_a_number": int(np.isnan(scaled).sum()), "patches": heat.size}
