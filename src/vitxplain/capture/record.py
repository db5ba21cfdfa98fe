"""AttentionRecord: one layer's attention, computed only as far as somebody asks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from jaxtyping import Float
from torch import Tensor

from vitxplain.capture.layout import AttentionLayout
from vitxplain.grid import TokenGrid
from vitxplain.types import Attention, TokenMatrix

Fusion: TypeAlias = Literal["mean", "max", "min"]


@dataclass(frozen=True, eq=False)
class AttentionRecord:
    """Post-softmax attention of one layer, fp32, rows summing to one.

    Everything but `layout` is worked out when it is asked for, while the layer runs; nothing is kept.
    `gradients` (of the target's raw logit) is there only in a pass that asked for attention gradients.
    """

    layer: int  # position among the records of the same kind, first layer 0
    layout: AttentionLayout
    source: "object"
    gradients: Attention | None = None
