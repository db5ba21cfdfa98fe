"""Where each key of each window comes from: no partition or shift is read from code."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import torch

from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.record import canonical
from vitxplain.grid import TokenGrid
from vitxplain.models.observation import Observation, SeenCall
from vitxplain.models.token_order import Orders, maps_before, unordered
from vitxplain.models.tracing import trace

_MAPS_TRIED = 12


def place_windows(seen: Observation, layouts: Sequence[AttentionLayout], orders: Orders) -> list[AttentionLayout]:
    """The layouts, window attention with its placement and grid where they can be found.

    Attention among all tokens of a sequence in an order of its own becomes attention within one window: its keys have
    to be put in their places likewise.
    """
    jumbled = unordered(orders)
    with seen.silent_attention():
        return [
            _placed(seen, one, layout, orders)
            if layout.kind == "window" or (layout.kind == "token" and layout.num_keys in jumbled)
            else layout
            for one, layout in zip(seen.calls, layouts, strict=True)
        ]


def _placed(seen: Observation, one: SeenCall, layout: AttentionLayout, orders: Orders) -> AttentionLayout:
    layout = replace(layout, kind="window", grid=None)
    value = one.call.weights.value
    if not value.requires_grad or value.dim() != len(layout.shape):
        return layout
    tokens = canonical(value, layout).transpose(1, 2).flatten(0, 1).flatten(1)  # window*key head*channel
    for tensor, to_map in islice(maps_before(seen, one.nodes_before, orders, guess=True), _MAPS_TRIED):
        places = trace(tokens, tensor, to_map) if tensor is not value else None
        if places is not None:
            rows, columns = places.shape
            placement = torch.full((len(tokens),), -1, dtype=torch.long, device=tokens.device)
            placement[places.flatten()] = torch.arange(rows * columns, device=tokens.device)
            grid = TokenGrid(rows, columns, patch_size=(seen.size[0] / rows, seen.size[1] / columns))
            return replace(layout, placement=placement.view(-1, layout.num_keys).cpu(), grid=grid)
    return layout
