"""The placement of window attention: where each key comes from, without reading partitions or shifts from code."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.record import canonical
from vitxplain.grid import TokenGrid
from vitxplain.models.probing.observation import Observation, ObservedCall
from vitxplain.models.probing.token_order import Orders, maps_before, unordered
from vitxplain.models.probing.tracing import trace

_MAPS_TRIED = 12


def place_windows(
    observation: Observation, layouts: Sequence[AttentionLayout], orders: Orders
) -> list[AttentionLayout]:
    """The layouts, window attention with its placement and grid where they can be found.

    Attention among all tokens of a sequence in an order of its own becomes attention within one window: its keys have
    to be put in their places likewise. Pooled keys that have none become a window without.
    """
    unordered_lengths = unordered(orders)

    def with_placement(call: ObservedCall, layout: AttentionLayout) -> AttentionLayout:
        if layout.kind == "token" and _are_strips(observation, call, layout):
            return replace(layout, kind="window", grid=None)
        if layout.kind == "window" or (layout.kind == "token" and layout.num_keys in unordered_lengths):
            return _with_placement(observation, call, layout, orders)
        return layout

    with observation.silent_attention():
        return [with_placement(call, layout) for call, layout in zip(observation.calls, layouts, strict=True)]


def _are_strips(observation: Observation, call: ObservedCall, layout: AttentionLayout) -> bool:
    """Whether keys, fewer than the queries, are pooled from no squares of places: along the sequence in Next-ViT."""
    grid = layout.grid
    if grid is None or layout.num_queries <= layout.num_keys:
        return False
    shapes = [tuple(tensor.shape) for tensor in observation.nodes[: call.nodes_before] if tensor.dim() == 4]
    if any((grid.rows, grid.columns) in (shape[2:], shape[1:3]) for shape in shapes):
        return False  # such a map was made on the way
    tokens, nearest = _keys(call, layout), next(maps_before(observation, call.nodes_before, {}, guess=False), None)
    if tokens is None or nearest is None:
        return False
    places = trace(tokens, *nearest)
    return places is None or tuple(places.shape) != (grid.rows, grid.columns)


def _keys(call: ObservedCall, layout: AttentionLayout) -> Float[Tensor, "key channel"] | None:
    """The values of all keys, window by window, all heads' channels together; None if no gradient can be asked for."""
    value = call.weights.value
    if not value.requires_grad or value.dim() != len(layout.shape):
        return None
    return canonical(value, layout).transpose(1, 2).flatten(0, 1).flatten(1)


def _with_placement(
    observation: Observation, call: ObservedCall, layout: AttentionLayout, orders: Orders
) -> AttentionLayout:
    layout = replace(layout, kind="window", grid=None)
    tokens = _keys(call, layout)
    if tokens is None:
        return layout
    for tensor, to_map in islice(maps_before(observation, call.nodes_before, orders, guess=True), _MAPS_TRIED):
        if layout.num_queries < layout.num_keys and len(tokens) > to_map(tensor)[0, 0].numel():
            continue  # windows that overlap (HaloNet): a place is in several
        places = trace(tokens, tensor, to_map) if tensor is not call.weights.value else None
        if places is not None:
            (height, width), (rows, columns) = observation.maps.input_size, places.shape
            placement = torch.full((len(tokens),), -1, dtype=torch.long, device=tokens.device)
            placement[places.flatten()] = torch.arange(rows * columns, device=tokens.device)
            grid = TokenGrid(rows, columns, patch_size=(height / rows, width / columns))
            return replace(layout, placement=placement.view(-1, layout.num_keys).cpu(), grid=grid)
    return layout
