"""Gradient rollout: rollout (Abnar & Zuidema 2020, arXiv 2005.00928) of gradient x attention (arXiv 2103.15679)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitxplain.capture.record import AttentionRecord
from vitxplain.explainers.base import AttentionExplainer
from vitxplain.explainers.gradient_attention import positive_gradient_attention
from vitxplain.explainers.token_flow import carry_rollout, start_reading, total_one
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import ATTENTION_GRADIENTS, ATTENTIONS
from vitxplain.options.checks import check_index, layers_from
from vitxplain.types import PatchMap, TokenMatrix


@dataclass(frozen=True)
class GradientRollout(AttentionExplainer):
    """Rollout of gradient x attention instead of attention (after arXiv 2005.00928 and the vit-explain project).

    Args:
        start_layer: first layer used.

    Each layer is 0.5 A + 0.5 I with A the positive gradient x attention, rows normalised, then all are multiplied.
    Gradients of logits are small beside the identity, so the map is gentler than that of gradient-attention.
    """

    start_layer: int = 0

    needs: ClassVar[frozenset[str]] = frozenset({ATTENTIONS, ATTENTION_GRADIENTS})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True
    kinds: ClassVar[frozenset[str]] = frozenset({"token", "pooling"})

    def __post_init__(self) -> None:
        check_index("start_layer", self.start_layer)

    @property
    def never_negative(self) -> bool:
        return True

    def keep(self, record: AttentionRecord) -> TokenMatrix:
        return positive_gradient_attention(record)

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> PatchMap:
        row, layers = start_reading(layers_from(kept, self.start_layer), grid)
        row = total_one(row)
        for attention in reversed(layers):
            row = carry_rollout(row, attention, grid, residual=0.5)
        return grid.to_map(row)
