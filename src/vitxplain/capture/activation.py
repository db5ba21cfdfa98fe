"""LayerActivation: the output of one node in patch layout, and its gradient."""

from dataclasses import dataclass

from torch import Tensor

from vitxplain.types import FeatureMap


@dataclass(frozen=True, eq=False)
class LayerActivation:
    """One layer's output as a feature map (tokens laid out on their grid, prefix and suffix dropped), fp32.

    `gradient` is that of the target's raw logit, `head_weight` (label, channel) the final linear layer's weight where
    the model ends in global average pooling and that layer; both None where nobody asked.
    """

    layer: str
    values: FeatureMap
    gradient: FeatureMap | None = None
    head_weight: Tensor | None = None
    target: Tensor | None = None  # class index an image
