"""The same with an option, its check, and shapes in the types."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from vitxplain import explain
from vitxplain.plugins import AttentionExplainer, AttentionRecord, OptionError, PatchMap, TokenGrid


@dataclass(frozen=True)
class LateAttention(AttentionExplainer):
    """What the readout tokens attend to, averaged over heads and the last layers.

    Args:
        layers: how many of the last layers.
    """

    layers: int = 4

    needs: ClassVar[frozenset[str]] = frozenset({"attentions"})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.layers < 1:
            raise OptionError(f"layers is {self.layers}; it takes a whole number of at least 1.")

    def keep(self, record: AttentionRecord) -> PatchMap:
        """Called as each layer runs; the weights are gone afterwards."""
        return record.patch_rows().mean(1)  # (batch, head, row, column) -> (batch, row, column)

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> PatchMap:
        """Called once, with what was kept of each layer, first layer first."""
        return torch.stack(list(kept[-self.layers :])).mean(0)


explanation = explain("facebook/deit-tiny-patch16-224", "examples/coffee.jpg", LateAttention(layers=2))
print(explanation.method, explanation.options, explanation.values.shape)
