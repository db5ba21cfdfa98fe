"""What each attention call is: its axes, its kind and the grid of its tokens, by the shapes observed."""

from dataclasses import replace
from itertools import pairwise
from math import prod
from typing import Any, TypeAlias

from torch import nn

from vitxplain.capture.deformable.weights import DeformableWeights
from vitxplain.capture.layout import AttentionLayout, Kind, Patches
from vitxplain.grid import TokenGrid
from vitxplain.models.objects.libraries import configuration
from vitxplain.models.probing.observation import Observation, ObservedCall
from vitxplain.models.probing.token_grids import check_stated, token_grid, true_pitch
from vitxplain.models.probing.token_order import Orders

Levels: TypeAlias = tuple[tuple[int, int], ...]  # (rows, columns) of each

_HEADS = ("num_heads", "num_attention_heads", "heads", "n_heads", "nhead")


def attention_layouts(
    observation: Observation, module: nn.Module, stated: TokenGrid | None, orders: Orders
) -> list[AttentionLayout]:
    """One layout a call, in order; `orders` are those of sequences that are known to be patches."""
    config = configuration(module)
    maps = observation.maps
    lengths = {tensor.shape[1] for tensor in observation.nodes if tensor.dim() == 3 and tensor.shape[0] == 1}
    lengths |= {rows * columns for rows, columns in maps.map_sizes}
    layouts: list[AttentionLayout] = []
    grids: list[TokenGrid] = []
    sizes = _level_sizes(observation)
    latents: set[int] = set()  # numbers of learned queries that asked the image and go on as tokens of their own
    for call in observation.calls:
        layout = _axes(call, _num_heads(module, call.path))
        if not call.scored or (call.batch_axis is None and call.keys_hear):
            layout = replace(layout, kind="other")
        elif not call.used:
            layout = replace(layout, kind="unused")
        elif not call.keys_hear:
            layout = _of_others(layout)
        elif layout.num_windows > 1:
            layout = replace(layout, kind="window")
        elif call.keys_hear and layout.num_keys in sizes:
            layout = _of_levels(layout, sizes[layout.num_keys], call, maps.input_size)
        elif _is_channel(call, layout.heads, lengths):
            layout = replace(layout, kind="channel")
        elif layout.num_keys in latents or not _are_patches(call, orders):
            layout = _of_others(layout)
        else:
            grid = token_grid(call, maps, config, grids, stated)
            grid = grid and true_pitch(grid, module, maps.input_size)
            if grid is not None and grid not in grids:
                grids.append(grid)
            layout = replace(layout, grid=grid, kind=_kind(layout, grid, call))
            if layout.kind == "cross" and layout.num_queries not in {other.num_tokens for other in grids}:
                latents.add(layout.num_queries)
        layouts.append(layout)
    if stated is not None:
        check_stated(stated, [o.num_keys for o in layouts if o.kind in ("token", "pooling", "cross")], grids)
    return _branches(layouts)


def _axes(call: ObservedCall, num_heads: int | None) -> AttentionLayout:
    """Name the axes: the batch axis is the one that doubled, heads the one as long as the module says."""
    leading = list(call.shape[:-2])
    batch = call.batch_axis if call.batch_axis is not None and call.batch_axis < len(leading) else 0
    names = ["head"] * len(leading)
    others = [axis for axis in range(len(leading)) if axis != batch]
    folded = leading[batch] if leading else 1
    heads_axis = next((axis for axis in others if leading[axis] == num_heads), None)
    has_heads = heads_axis is not None or (folded > 1 and folded == num_heads)  # an axis of their own, or the batch's
    if not has_heads and len(others) == 1 and (num_heads is None or folded > 1 or num_heads != 1):
        heads_axis = others[0]
    if not has_heads and len(others) > 1:
        heads_axis = others[-1]
    names = ["head" if axis == heads_axis else "window" for axis in range(len(leading))]
    heads = leading[heads_axis] if heads_axis is not None else 1
    windows = prod(leading[axis] for axis in others if axis != heads_axis)
    if not leading:
        names, heads = ["batch"], 1
    elif folded == 1:
        names[batch] = "batch"
    elif heads_axis is not None or num_heads == 1:
        names[batch], windows = "batch*window", folded * windows
    elif num_heads is None or folded == num_heads:
        names[batch], heads = "batch*head", folded
    elif folded % num_heads == 0:
        names[batch], heads, windows = "batch*window*head", num_heads, folded // num_heads
    else:
        names[batch], windows = "batch*window", folded
    axes = " ".join([*names, "query", "key"])
    return AttentionLayout(call.path, "other", axes, call.shape, heads, windows)


def _num_heads(module: nn.Module, path: str) -> int | None:
    """What the module of the call, or one of the two around it, says of its heads."""
    parts = path.split(".") if path else []
    for depth in range(len(parts), max(len(parts) - 3, -1), -1):
        part = module.get_submodule(".".join(parts[:depth]))
        for name in _HEADS:
            value: Any = getattr(part, name, None)
            if isinstance(value, int):
                return value
    return None


def _is_channel(call: ObservedCall, heads: int, lengths: set[int]) -> bool:
    """Whether channels ask channels: then the values' last axis runs over tokens and the keys over channels."""
    queries, keys = call.shape[-2:]
    over = call.weights.value.shape[-1]
    return queries == keys and keys not in lengths and over in lengths and heads * keys not in lengths


def _of_others(layout: AttentionLayout) -> AttentionLayout:
    """Of attention to what is no place of the image."""
    return replace(layout, kind="branch" if layout.num_queries == layout.num_keys else "cross")


def _level_sizes(observation: Observation) -> dict[int, Levels]:
    """The levels of sequences of so many places, as deformable attention samples them."""
    sampled = [call.weights for call in observation.calls if isinstance(call.weights, DeformableWeights)]
    return {weights.shape[-1]: weights.level_sizes for weights in sampled}


def _are_patches(call: ObservedCall, orders: Orders) -> bool:
    """Whether keys are proved to be places of the image, or nothing speaks against it."""
    return call.keys_hear and (not call.keys_picked or call.shape[-1] in orders)


def _of_levels(layout: AttentionLayout, sizes: Levels, call: ObservedCall, size: tuple[int, int]) -> AttentionLayout:
    """Of attention to the places of levels; where there is one level its places are a grid like others."""
    is_own = call.queries_hear and layout.num_queries == layout.num_keys
    if len(sizes) > 1:
        return replace(layout, kind="levels" if is_own else "cross", key_tokens=Patches(sizes))
    rows, columns = sizes[0]
    grid = TokenGrid(rows, columns, patch_size=(size[0] / rows, size[1] / columns))
    return replace(layout, kind="token" if is_own else "cross", grid=grid)


def _kind(layout: AttentionLayout, grid: TokenGrid | None, call: ObservedCall) -> Kind:
    learned = call.learned_queries or not call.queries_hear
    if layout.num_queries == layout.num_keys:
        if not call.queries_hear:
            return "cross"
        return "token" if grid is not None else "other"
    if layout.num_queries == 1:
        return "pooling"
    if grid is None or learned or layout.num_queries < grid.num_patches // 16:
        return "cross"
    finer = layout.num_queries > layout.num_keys
    return "token" if finer or replace(layout, grid=grid).asking is not None else "cross"


def _branches(layouts: list[AttentionLayout]) -> list[AttentionLayout]:
    """Of parallel token streams the one with most layers is the model's own; attention within a patch is a branch.

    Streams are parallel where a grid comes back after another one: a stage never does. Between parallel streams a
    single query is one stream's class token asking the other: cross attention.
    """
    own = [o for o in layouts if o.kind == "token" and o.num_queries == o.num_keys and o.grid is not None]
    shapes = [(o.grid.rows, o.grid.columns) for o in own if o.grid is not None]
    if not shapes:
        return layouts
    parallel = sum(a != b for a, b in pairwise(shapes)) > len(set(shapes)) - 1
    main = max(shapes, key=shapes.count)
    num_windowed = sum(layout.kind == "window" for layout in layouts)

    def kind(layout: AttentionLayout) -> Kind:
        if layout.kind == "window" and layout.num_windows == prod(main) and shapes.count(main) >= num_windowed:
            return "branch"
        if parallel and layout.kind == "pooling":
            return "cross"
        other = layout.grid is not None and (layout.grid.rows, layout.grid.columns) != main
        return "branch" if parallel and layout in own and other else layout.kind

    return [replace(layout, kind=kind(layout)) for layout in layouts]
