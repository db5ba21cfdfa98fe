"""Received attention: where patches hoard it (after Darcet et al. 2023, arXiv 2309.16588)."""

from dataclasses import dataclass

import torch

from vitxplain.plugins import AttentionExplainer


@dataclass(frozen=True)
class ReceivedAttention(AttentionExplainer):
    """How much attention each patch receives, mean of all queries, heads and layers (after arXiv 2309.16588)."""

    needs = frozenset({"attentions"})
    axes = "batch row column"
    class_specific = False

    def keep(self, record):
        return record.grid.to_map(record.fuse_heads("mean").mean(1))  # (batch, query, key) -> (batch, row, column)

    def combine(self, kept, grid):
        return torch.stack(kept).mean(0)
