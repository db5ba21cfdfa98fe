"""Where each key of each window comes from, found by differentiating: no partition or shift is read from code."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Int
from torch import Tensor

from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.patch_layout import PatchLayout, patch_layout
from vitxplain.capture.record import canonical
from vitxplain.grid import TokenGrid
from vitxplain.models.observation import Observation, SeenCall

_NODES_TRIED = 12


def place_windows(seen: Observation, layouts: Sequence[AttentionLayout]) -> list[AttentionLayout]:
    """The layouts, window attention with its placement and grid where they can be found."""
    return [
        _placed(seen, one, layout) if layout.kind == "window" else layout
        for one, layout in zip(seen.calls, layouts, strict=True)
    ]


def _placed(seen: Observation, one: SeenCall, layout: AttentionLayout) -> AttentionLayout:
    value = one.call.weights.value
    if not value.requires_grad or value.dim() != len(layout.shape):
        return layout
    value = canonical(value, layout)  # window head key channel
    tried = 0
    for node in reversed(seen.nodes[: one.nodes_before]):
        found = patch_layout(tuple(node.tensor.shape), seen.size, seen.maps)
        if node.tensor.shape[0] != 1 or found is None or not node.tensor.requires_grad or node.tensor is value:
            continue
        placement = _trace(value, node.tensor, found)
        if placement is not None:
            size = (seen.size[0] / found.rows, seen.size[1] / found.columns)
            grid = TokenGrid(found.rows, found.columns, patch_size=size)
            return replace(layout, placement=placement.cpu(), grid=grid)
        tried += 1
        if tried == _NODES_TRIED:
            break
    return layout


def _trace(value: Tensor, tensor: Tensor, layout: PatchLayout) -> Int[Tensor, "window key"] | None:
    """For each slot (window, key) the place in `tensor` its value is computed from, or None if not from one alone.

    A value is a function of one place. So the gradient of sum(value * slot number) at a place is that of sum(value)
    times the number of the slot the place went to: their ratio is the number. Half precision cannot tell numbers in
    the thousands apart, so there they are sent digit by digit.
    """
    windows, heads, keys, channels = value.shape
    base = windows * keys if value.dtype == torch.float32 else 8
    mixing = torch.randn(heads, 1, channels, generator=torch.Generator().manual_seed(0)).to(value)
    mixed = value * mixing

    def gradient(scores: Tensor) -> Tensor:
        (found,) = torch.autograd.grad(scores.sum(), tensor, retain_graph=True, materialize_grads=True)
        return layout.to_map(found)[0].flatten(1).double()  # channel place

    plain = gradient(mixed)
    if not bool((plain != 0).any(0).all()):
        return None
    numbers = torch.arange(windows * keys, device=value.device).view(windows, 1, keys, 1)
    slots = torch.zeros(plain.shape[1], dtype=torch.long, device=value.device)
    power = 1
    while power < windows * keys:
        digits = gradient(mixed * (numbers // power % base + 1).to(value.dtype))
        ratio = (plain * digits).sum(0) / (plain * plain).sum(0) - 1
        if not bool(((ratio - ratio.round()).abs() < 0.2).all()) or ratio.min() < -0.5 or ratio.max() > base - 0.5:
            return None
        slots += ratio.round().long() * power
        power *= base
    if slots.max() >= windows * keys or len(slots.unique()) != len(slots):
        return None
    placement = torch.full((windows * keys,), -1, dtype=torch.long, device=value.device)
    placement[slots] = torch.arange(len(slots), device=value.device)
    return placement.view(windows, keys)
