"""Window attention laid on the image: every window at its place, shifts undone."""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

if TYPE_CHECKING:
    from vitxplain.capture.record import AttentionRecord


def stitch(record: "AttentionRecord", query: int | None) -> Float[Tensor, "batch head row column"]:
    """What the windows' queries, averaged, or one query patch attend to, on the whole grid.

    A patch is a key of its own window alone, so the windows tile the map. With one `query` the map is zero outside
    its window.
    """
    placement, grid = record.layout.placement, record.grid
    if placement is None:
        raise ValueError(f"{record.layout.describe()}: where its windows lie was not found")
    placement = placement.to(record.source.value.device)
    weights = record.weights.unflatten(0, (-1, record.layout.num_windows))  # batch window head query key
    real = placement >= 0  # the rest is padding
    if record.layout.num_queries != record.layout.num_keys:
        asked = torch.ones(len(placement), record.layout.num_queries, device=weights.device)
    elif query is None:
        asked = real.to(weights.dtype)
    else:
        asked = (placement == query).to(weights.dtype)
    share = asked / asked.sum(1, keepdim=True).clamp_min(1)
    rows = torch.einsum("bwhqk,wq->bhwk", weights, share)
    flat = rows.new_zeros(*rows.shape[:2], grid.num_patches)
    flat[:, :, placement[real]] = rows[:, :, real]
    return flat.unflatten(-1, (grid.rows, grid.columns))
