"""Gradient x attention relevance (Chefer et al. 2021, arXiv 2103.15679)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitxplain.capture.record import AttentionRecord
from vitxplain.explainers.base import AttentionExplainer
from vitxplain.explainers.token_flow import carry_relevance, start_reading
from vitxplain.grid import TokenGrid
from vitxplain.models.offers import ATTENTION_GRADIENTS, ATTENTIONS
from vitxplain.options.checks import check_index, layers_from
from vitxplain.types import PatchMap, TokenMatrix


@dataclass(frozen=True)
class GradientAttention(AttentionExplainer):
    """Attention weighted by its gradient, summed along all paths to the logit (Chefer et al. 2021, arXiv 2103.15679).

    Args:
        start_layer: first layer used.

    The gradient is that of the target's raw logit, so values scale with the model's logits. Never negative.
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
        """Equation 5."""
        return positive_gradient_attention(record)

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> PatchMap:
        """Equation 6, R = I and R <- R + A R layer by layer: the readout row of (I + A_L) ... (I + A_1)."""
        row, layers = start_reading(layers_from(kept, self.start_layer), grid)
        for attention in reversed(layers):
            row = carry_relevance(row, attention, grid)
        return grid.to_map(row)


def positive_gradient_attention(record: AttentionRecord) -> TokenMatrix:
    """Mean over heads of the positive part of gradient x attention."""
    return record.positive_products()
