"""Whether a model ends in global average pooling and one linear layer: not read off its code but checked in numbers."""

import torch
from torch import Tensor

from vitxplain.capture.patch_layout import patch_layout
from vitxplain.grid import TokenGrid
from vitxplain.models.observation import Observation


def linear_head(seen: Observation, layer: str | None, grids: list[TokenGrid]) -> Tensor | None:
    """The weight (label, channel) with `logit = weight @ mean(feature map) + bias`, or None.

    A network whose feature map has one channel a class and is only averaged has the identity.
    """
    node = next((node for node in seen.nodes if layer in node.returned_by), None)
    if node is None:
        return None
    layout = patch_layout(tuple(node.tensor.shape), seen.size, seen.maps, grids)
    if layout is None:
        return None
    with torch.no_grad():
        pooled = layout.to_map(node.tensor)[0].flatten(1).mean(1)
        if pooled.shape == seen.logits[0].shape and _equal(pooled, seen.logits[0]):
            return torch.eye(len(pooled), device=pooled.device)
        if seen.head is None or seen.head.input.numel() != pooled.numel() or seen.head.module.weight.is_meta:
            return None
        return seen.head.module.weight.detach().flatten(1) if _equal(pooled, seen.head.input.flatten()) else None


def _equal(found: Tensor, expected: Tensor) -> bool:
    tolerance = 1e-4 if expected.dtype == torch.float32 else 2e-2
    return bool((found - expected).abs().max() <= tolerance * expected.abs().max())
