"""Who asks and who is asked in each attention call: patches, object queries, words or latents."""

from collections.abc import Sequence
from dataclasses import replace

from vitxplain.capture.layout import AttentionLayout, Latents, Patches, Queries, Text, Tokens
from vitxplain.grid import TokenGrid
from vitxplain.models.probing.observation import Observation, ObservedCall

_SHOWN = ("token", "levels", "pooling", "branch", "cross")  # keys of windows are not in the order of the image


def with_sides(observation: Observation, layouts: Sequence[AttentionLayout]) -> list[AttentionLayout]:
    """The layouts with their tokens on both sides, where these are known."""
    levels = {o.num_keys: o.key_tokens for o in layouts if isinstance(o.key_tokens, Patches)}
    pairs = list(zip(observation.calls, layouts, strict=True))
    # Learned tokens that others ask afterwards, as those of a Perceiver.
    latents = {o.num_keys for call, o in pairs if o.kind == "cross" and _is_deaf(call, o)} - observation.text_lengths

    def deaf(count: int) -> Tokens:
        if count in observation.text_lengths:
            return Text(count)
        return Latents(count) if count in latents else Queries(count)

    def with_tokens(call: ObservedCall, layout: AttentionLayout) -> AttentionLayout:
        if layout.kind not in _SHOWN:
            return layout
        keys: Tokens | None = layout.key_tokens
        if keys is None and layout.grid is not None:
            keys = _of_grid(layout.grid)
        elif keys is None and _is_deaf(call, layout):
            keys = deaf(layout.num_keys)
        if layout.kind in ("token", "levels", "branch") and layout.num_queries == layout.num_keys:
            return replace(layout, key_tokens=keys, query_tokens=keys)
        if not call.queries_hear:
            return replace(layout, key_tokens=keys, query_tokens=deaf(layout.num_queries))
        asking = _of_grid(layout.asking) if layout.asking is not None else levels.get(layout.num_queries)
        return replace(layout, key_tokens=keys, query_tokens=asking)

    return [with_tokens(call, layout) for call, layout in pairs]


def decoder(layouts: Sequence[AttentionLayout]) -> AttentionLayout | None:
    """The last attention in which object queries, which ask each other too, ask the image; None in other networks."""
    ask_each_other = any(o.kind == "branch" and isinstance(o.key_tokens, Queries) for o in layouts)
    return next((o for o in reversed(layouts) if o.reads_image and ask_each_other), None)


def without_places(observation: Observation, layouts: Sequence[AttentionLayout]) -> frozenset[int]:
    """Lengths of sequences that are no map of the image: of queries, words, latents, of several levels at once."""
    sides = [side for layout in layouts for side in (layout.query_tokens, layout.key_tokens)]
    lengths = {side.num_tokens for side in sides if isinstance(side, (Queries, Text, Latents))} - {1}
    return (
        observation.text_lengths
        | lengths
        | {o.num_tokens for o in sides if isinstance(o, Patches) and len(o.levels) > 1}
    )


def _is_deaf(call: ObservedCall, layout: AttentionLayout) -> bool:
    """Whether the keys were found to be no patches."""
    return layout.grid is None and layout.key_tokens is None and (call.keys_picked or not call.keys_hear)


def _of_grid(grid: TokenGrid) -> Patches:
    return Patches(((grid.rows, grid.columns),), grid.num_prefix_tokens, grid.num_suffix_tokens)
