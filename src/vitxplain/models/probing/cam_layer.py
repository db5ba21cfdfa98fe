"""The layer class activation maps are taken of: the last in patch layout whose patches still move the logit."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.models.probing.observation import Node, Observation

_ENOUGH_PATCHES = 0.05  # share of places with a gradient; a class token's block output has none


def cam_layer(
    observation: Observation, score: Tensor, layouts: Sequence[AttentionLayout], maps: ImageMaps, module: nn.Module
) -> str | None:
    """The dotted name of the layer, or None.

    What lies inside an attention (queries, keys, its own dropout) is passed over: around a ViT's last block that
    leaves its first norm, in a network without a class token the last norm, in a CNN the last stage's output.
    """
    inside = tuple(f"{layout.path}." for layout in layouts if layout.kind != "other" and layout.path)
    for inner in (inside, ()):
        in_time = sorted(observation.nodes, key=lambda node: node.order)
        candidates = [node for node in in_time if _name(node, inner, module) and _is_map(node, observation, maps)]
        if not candidates:
            continue
        tensors = [node.tensor for node in candidates]
        gradients = torch.autograd.grad(score, tensors, retain_graph=True, allow_unused=True)
        for node, gradient in reversed(list(zip(candidates, gradients, strict=True))):
            if gradient is not None and _reaches_patches(gradient, maps):
                return _name(node, inner, module)
    return None


def same_output(observation: Observation, layer: str | None) -> frozenset[str]:
    """Every node that returns the tensor the layer returns: a stage and its last block are one."""
    return frozenset(name for node in observation.nodes if layer in node.returned_by for name in node.returned_by)


def map_shape(observation: Observation, layer: str, maps: ImageMaps) -> tuple[int, int] | None:
    """(rows, columns) of a layer's output in patch layout."""
    shape = next(tuple(node.tensor.shape) for node in reversed(observation.nodes) if layer in node.returned_by)
    layout = maps.layout(shape)
    return (layout.rows, layout.columns) if layout is not None else None


def _name(node: Node, inside: tuple[str, ...], module: nn.Module) -> str | None:
    """The outermost module that returned the tensor, one that computes something where there is any."""
    names = [name for name in node.returned_by if name and not name.startswith(inside)]
    computing = [name for name in names if not isinstance(module.get_submodule(name), (nn.Identity, nn.Dropout))]
    return (computing or names)[-1] if names else None


def _is_map(node: Node, observation: Observation, maps: ImageMaps) -> bool:
    tensor = node.tensor
    if tensor.shape[0] != 1 or not tensor.requires_grad or _is_class_scores(node, observation):
        return False
    return maps.layout(tuple(tensor.shape)) is not None


def _is_class_scores(node: Node, observation: Observation) -> bool:
    """A second head over patch tokens (VOLO): class scores, no features."""
    return node.tensor.dim() == 3 and node.from_linear and node.tensor.shape[-1] == observation.logits.shape[-1]


def _reaches_patches(gradient: Tensor, maps: ImageMaps) -> bool:
    layout = maps.layout(tuple(gradient.shape))
    if layout is None:
        return False
    reached = layout.to_map(gradient)[0].abs().sum(0) > 0
    return reached.float().mean().item() >= _ENOUGH_PATCHES


def linear_head(observation: Observation, layer: str | None, maps: ImageMaps) -> Tensor | None:
    """The weight (label, channel) with `logit = weight @ mean(feature map) + bias`, or None.

    A network whose feature map has one channel a class and is only averaged has the identity.
    """
    node = next((node for node in observation.nodes if layer in node.returned_by), None)
    if node is None:
        return None
    layout = maps.layout(tuple(node.tensor.shape))
    if layout is None:
        return None
    head, logits = observation.head, observation.logits[0]
    with torch.no_grad():
        pooled = layout.to_map(node.tensor)[0].flatten(1).mean(1)
        if pooled.shape == logits.shape and _equal(pooled, logits):
            return torch.eye(len(pooled), device=pooled.device)
        if head is None or head.input.numel() != pooled.numel() or head.module.weight.is_meta:
            return None
        return head.module.weight.detach().flatten(1) if _equal(pooled, head.input.flatten()) else None


def _equal(tensor: Tensor, expected: Tensor) -> bool:
    tolerance = 1e-4 if expected.dtype == torch.float32 else 2e-2
    return bool((tensor - expected).abs().max() <= tolerance * expected.abs().max())
