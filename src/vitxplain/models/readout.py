"""Which token rows the logits are computed from, and the grid that says so."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from vitxplain.capture.layout import AttentionLayout
from vitxplain.grid import TokenGrid
from vitxplain.models.observation import Observation


def with_readout(seen: Observation, layouts: Sequence[AttentionLayout], score: Tensor) -> list[AttentionLayout]:
    """The layouts, the token grids knowing which rows of the last token layer move the score."""
    last = next((i for i in reversed(range(len(layouts))) if layouts[i].kind == "token"), None)
    output = seen.calls[last].output if last is not None else None
    if output is None or last is None or not (score.requires_grad and output.requires_grad):
        return list(layouts)
    (gradient,) = torch.autograd.grad(score, output, retain_graph=True, allow_unused=True)
    if gradient is None:
        return list(layouts)
    moves = gradient.abs().movedim(-2, 0).flatten(1).sum(1) > 0
    rows = tuple(moves.nonzero().flatten().tolist())
    return [
        replace(layout, grid=replace(layout.grid, readout=rows))
        if layout.grid is not None and layout.kind == "token" and layout.num_queries == layout.num_keys == len(moves)
        else layout
        for layout in layouts
    ]


def model_grid(layouts: Sequence[AttentionLayout]) -> TokenGrid | None:
    """The grid of the last token layer; with the class token where class attention adds one afterwards (CaiT)."""
    own = [layout for layout in layouts if layout.kind in ("token", "pooling") and layout.grid is not None]
    grid = next((layout.grid for layout in reversed(own) if layout.kind == "token"), None)
    last = own[-1].grid if own else None
    if grid is not None and last is not None and last.num_prefix_tokens > grid.num_prefix_tokens:
        same = (last.rows, last.columns) == (grid.rows, grid.columns)
        return replace(last, readout=tuple(range(last.num_prefix_tokens))) if same else grid
    return grid
