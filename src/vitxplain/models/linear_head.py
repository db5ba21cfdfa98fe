"""Whether a model ends in global average pooling and one linear layer: not read off its code but checked in numbers."""

import torch
from torch import Tensor, nn

from vitxplain.capture.patch_layout import patch_layout
from vitxplain.grid import TokenGrid
from vitxplain.models.observation import Observation


def linear_head(seen: Observation, layer: str | None, grids: list[TokenGrid]) -> Tensor | None:
    """The weight (label, channel) with `logit = weight @ mean(feature map) + bias`, or None.

    A network whose feature map has one channel a class and is only averaged has the identity.
    """
    node = next((node for node in seen.nodes if layer in node.returned_by), None)
    if node is None or seen.logits is None:
        return None
    layout = patch_layout(tuple(node.tensor.shape), seen.size, seen.maps, grids)
    if layout is None:
        return None
    with torch.no_grad():
        pooled = layout.to_map(node.tensor)[0].flatten(1).mean(1)
        logits = seen.logits[0]
        if pooled.shape == logits.shape and _equal(pooled, logits):
            return torch.eye(len(logits), device=logits.device)
        if seen.head is None:
            return None
        weight = seen.head.module.weight.detach().flatten(1)
        if weight.is_meta or weight.shape != (len(logits), len(pooled)):
            return None
        bias: Tensor | float = 0.0 if seen.head.module.bias is None else seen.head.module.bias
        return weight.clone() if _equal(weight @ pooled + bias, logits) else None


def _equal(found: Tensor, logits: Tensor) -> bool:
    tolerance = 1e-4 if logits.dtype == torch.float32 else 2e-2
    return bool((found - logits).abs().max() <= tolerance * logits.abs().max().clamp_min(1e-6))


