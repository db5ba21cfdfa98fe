"""From the attention calls that a probe saw to what is recorded of each: who asks, who is asked, where on the image."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import Final

import numpy as np
import torch
from torch import Tensor

from vitxplain.capture.layout import AttentionLayout, Latents, Patches, Queries, Text, Tokens
from vitxplain.capture.record import AttentionRecord
from vitxplain.grid import TokenGrid
from vitxplain.inspect.layer_form import CLASS, LayerForm, Side
from vitxplain.inspect.layer_tensors import Precision

SHOWN: Final = ("token", "window", "levels", "pooling", "channel", "branch", "cross")
MOST_LAYER_BYTES: Final = 2**27
MOST_BYTES: Final = 2**29  # of all layers of one record
ALL_PLACES: Final = "all places"
TOO_LARGE: Final = "Its full attention is too large to be kept, so its rows are shown alone."

_KINDS: Final = {"pooling": "pooled", "levels": "cross"}
_NOTES: Final = {
    "channel": "Channels attend to channels here, so it has no place on the image.",
    "branch": "Tokens that are no places of the image attend to each other here.",
    "levels": "Places of several levels ask each other; they are shown on the finest level.",
}
_SIDES: Final = {Queries: "object queries", Text: "text", Latents: "latents"}


def layer_forms(layouts: Sequence[AttentionLayout], *, turned: bool = False) -> dict[int, LayerForm]:
    """What is recorded, by the number of its call; `turned` says that the network mirrors or turns the image."""
    shown = [number for number, layout in enumerate(layouts) if layout.kind in SHOWN]
    forms = {number: _form(layouts[number], place) for place, number in enumerate(shown)}
    return {number: _without_places(form) for number, form in forms.items()} if turned else forms


def kept_whole(forms: Sequence[LayerForm], precision: Precision) -> set[int]:
    """The numbers of the layers whose full attention is kept: all but the largest, where they are too much together."""
    sizes = {form.number: _bytes(form, precision) for form in forms}
    whole = {number for number, size in sizes.items() if size <= MOST_LAYER_BYTES}
    while sum(sizes[number] for number in whole) > MOST_BYTES:
        whole.remove(max(whole, key=lambda number: sizes[number]))
    return whole


def head_weights(record: AttentionRecord, form: LayerForm) -> Iterator[np.ndarray]:
    """Each head's (query, key) as the form has them, of a batch of one image; the next is computed when asked for."""
    if form.queries.kind == ALL_PLACES:  # rows of windows in which other tokens ask
        for row in record.patch_rows(None)[0] / record.layout.num_windows:
            yield row.flatten()[None].float().cpu().numpy()
        return
    for head in record.heads():
        yield _laid_out(head, record.layout, form).detach().float().cpu().numpy()


def _form(layout: AttentionLayout, number: int) -> LayerForm:
    kind = _KINDS.get(layout.kind, layout.kind)
    note = _NOTES.get(layout.kind, "")
    form = LayerForm(number, layout.heads, Side(1), Side(1), f"layer {number + 1}", layout.path, kind, note)
    if layout.kind == "window":
        return _of_windows(form, layout)
    keys = _key_side(layout)
    queries = keys if layout.num_queries == layout.num_keys else _query_side(layout, keys)
    if any(side.kind == "text" for side in (queries, keys)):
        form = replace(form, kind="text", note=form.note or "Words ask or are asked here.")
    return replace(form, queries=queries, keys=keys)


def _of_windows(form: LayerForm, layout: AttentionLayout) -> LayerForm:
    """Windows stitched to the image where it is known where they lie; else the mean of all windows."""
    placement, grid = layout.placement, layout.grid
    if placement is None or grid is None:
        note = "Attention within windows, the mean of all of them: where they lie was not found."
        queries, keys = (Side(count, "places of a window") for count in (layout.num_queries, layout.num_keys))
        return replace(form, queries=queries, keys=keys, note=note)
    places = Side(grid.num_patches, grid=(grid.rows, grid.columns))
    if layout.num_queries != layout.num_keys:
        note = "Other tokens ask within these windows than are asked: the mean of all that ask, stitched to the image."
        return replace(form, queries=Side(1, ALL_PLACES), keys=places, note=note)
    note = "Attention within windows, stitched to the image."
    return replace(form, queries=places, keys=places, windows=placement.cpu().numpy(), note=note)


def _key_side(layout: AttentionLayout) -> Side:
    if layout.kind == "channel":
        return Side(layout.num_keys, "channels")
    if layout.grid is not None and layout.grid.num_tokens == layout.num_keys:
        return _of_grid(layout.grid)
    if isinstance(layout.key_tokens, Patches):
        return _of_patches(layout.key_tokens)
    return _of_tokens(layout.key_tokens, layout.num_keys)


def _query_side(layout: AttentionLayout, keys: Side) -> Side:
    asking = layout.asking
    if layout.kind == "token" and asking is not None and asking.num_tokens == layout.num_queries:
        return _of_grid(asking, layout.grid)
    if layout.kind == "pooling":  # one or few queries: the class token where there is one, else learned ones
        alone = layout.num_queries == 1 and keys.class_token is not None
        return Side(layout.num_queries, "pooling", (CLASS,) if alone else ())
    if isinstance(layout.query_tokens, Patches):
        return _of_patches(layout.query_tokens)
    return _of_tokens(layout.query_tokens, layout.num_queries)


def _of_grid(grid: TokenGrid, named_by: TokenGrid | None = None) -> Side:
    named = named_by or grid
    names = [
        CLASS if index == named.class_token else _register(index, named) for index in range(grid.num_prefix_tokens)
    ]
    return Side(grid.num_tokens, prefix=tuple(names), grid=(grid.rows, grid.columns))


def _register(index: int, grid: TokenGrid) -> str:
    if index in grid.registers:
        return f"register {grid.registers.index(index) + 1}"
    return f"token {index + 1}"


def _of_patches(patches: Patches) -> Side:
    """Places on the finest of their levels, whose maps are added up there."""
    rows, columns = max(patches.levels, key=prod)
    return Side(rows * columns, grid=(rows, columns))


def _of_tokens(tokens: Tokens | None, count: int) -> Side:
    return Side(count, _SIDES.get(type(tokens), "tokens"))


def _without_places(form: LayerForm) -> LayerForm:
    """The same with nothing known of where its tokens lie on the image."""
    note = "The network turns or mirrors the image first, so it is not laid over the picture."
    plain = [Side(side.count, side.kind, side.prefix, names=side.names) for side in (form.queries, form.keys)]
    return replace(form, queries=plain[0], keys=plain[1], note=f"{form.note} {note}".strip())


def _bytes(form: LayerForm, precision: Precision) -> int:
    queries, keys = (form.windows.size, form.windows.shape[1]) if form.windows is not None else (0, 0)
    weights = form.heads * (queries or form.queries.count) * (keys or form.keys.count)
    return weights * (1 if precision == "sqrt8" else 2)


def _laid_out(head: Tensor, layout: AttentionLayout, form: LayerForm) -> Tensor:
    """One head's (window or batch, query, key) as (query, key) of the form's tokens."""
    if layout.kind == "window":
        return head.flatten(0, 1) if form.windows is not None else head.mean(0)
    weights = head[0]
    if isinstance(layout.key_tokens, Patches) and layout.key_tokens.num_tokens != form.keys.count:
        weights = layout.key_tokens.to_map(weights).flatten(-2)
    if isinstance(layout.query_tokens, Patches) and layout.query_tokens.num_tokens != form.queries.count:
        weights = _of_finest(weights, layout.query_tokens)
    return weights


def _of_finest(weights: Tensor, patches: Patches) -> Tensor:
    """The rows of the queries on the finest level."""
    finest = max(range(len(patches.levels)), key=lambda index: prod(patches.levels[index]))
    start = patches.num_prefix_tokens + sum(map(prod, patches.levels[:finest]))
    return torch.narrow(weights, 0, start, prod(patches.levels[finest]))
