"""Attention made by hand, handed to a method as the pass through a model would hand it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from vitxplain.capture.layout import AttentionLayout, Kind
from vitxplain.capture.record import AttentionRecord
from vitxplain.capture.weight_gradients import ExplicitGradients
from vitxplain.capture.weights import ExplicitWeights
from vitxplain.explainers.base import AttentionExplainer
from vitxplain.grid import TokenGrid


def random_attention(*shape: int, seed: int = 0, peak: float = 2.0) -> Tensor:
    """Rows that sum to one, some entries far larger than others."""
    return (torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * peak).softmax(-1)


def random_gradients(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def record(
    weights: Tensor,  # (batch, head, query, key)
    grid: TokenGrid,
    *,
    kind: Kind = "token",
    gradients: Tensor | None = None,
    layer: int = 0,
    path: str = "block.attention",
) -> AttentionRecord:
    shape = (1, *weights.shape[1:])
    layout = AttentionLayout(path, kind, "batch head query key", shape, weights.shape[1], grid=grid)
    source = ExplicitWeights(weights, torch.zeros(*weights.shape[:2], weights.shape[-1], 4))
    return AttentionRecord(layer, layout, source, None if gradients is None else ExplicitGradients(source, gradients))


def run(
    explainer: AttentionExplainer, layers: Sequence[Tensor], grid: TokenGrid, gradients: Sequence[Tensor] | None = None
) -> Tensor:
    """The method's result when every layer is token attention on one grid."""
    of_layer = gradients or [None] * len(layers)
    pairs = enumerate(zip(layers, of_layer, strict=True))
    kept = [explainer.keep(record(one, grid, gradients=gradient, layer=i)) for i, (one, gradient) in pairs]
    return explainer.combine(kept, grid)
