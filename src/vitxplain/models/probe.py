"""Probe: what a model is, found by watching it run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vitxplain.capture.layout import AttentionLayout, sequence_grids
from vitxplain.grid import TokenGrid
from vitxplain.models import offers
from vitxplain.models.attention_layouts import attention_layouts
from vitxplain.models.cam_layer import cam_layer, map_shape
from vitxplain.models.linear_head import linear_head
from vitxplain.models.observation import Observation, observe
from vitxplain.models.position_tables import missing_table, position_table
from vitxplain.models.token_order import unordered_lengths
from vitxplain.models.window_placement import place_windows

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True, eq=False)
class Probe:
    """What one model is at one input size.

    `missing` says, for every word of `vitxplain.models.offers` that is not offered, why, as a clause that completes
    "METHOD does not fit: ...".
    """

    input_size: tuple[int, int]
    grid: TokenGrid | None  # of the token attention, with its readout tokens
    layouts: tuple[AttentionLayout, ...]
    offers: frozenset[str]
    missing: Mapping[str, str]
    isotropic: bool  # every layer asks the same patches: a plain ViT
    maps: tuple[tuple[int, int], ...] = ()  # (rows, columns) of the feature maps seen
    apart: frozenset[int] = frozenset()  # lengths of sequences that are no maps
    cam_layer: str | None = None
    cam_grid: tuple[int, int] | None = None  # (rows, columns) of that layer's map
    head_weight: Tensor | None = field(default=None, repr=False)  # (label, channel)
    position_embeddings: Tensor | None = field(default=None, repr=False)  # (row, column, channel)


@torch.inference_mode(False)  # the caller may be in it; a graph is wanted here
def probe(model: "VisionModel", size: tuple[int, int]) -> Probe:
    """Watch the model on noise, once with a graph and once on two images, and say what it is."""
    try:
        return _probe(model, observe(model, size))
    except RuntimeError as error:  # some kernel has no derivative; whatever else is wrong shows again
        seen = observe(model, size, graph=False)
        return _probe(model, seen, f"no gradient passes through it: {' '.join(str(error).split())[:200]}")


def _probe(model: "VisionModel", seen: Observation, obstacle: str | None = None) -> Probe:
    with torch.enable_grad(), torch.autocast(model.device.type, enabled=False):
        score = _score(seen)
        unordered = unordered_lengths(seen)
        layouts = place_windows(seen, attention_layouts(seen, model.module, model.stated_grid), unordered)
        seen.apart = unordered | _latents(layouts)
        mixing = _mixing(seen, layouts)
        isotropic = mixing is None and seen.hidden is None and _isotropic(layouts)
        layouts = _with_readout(seen, layouts, score)
        layer = cam_layer(seen, score, layouts, model.module) if score.requires_grad else None
    grids = [layout.grid for layout in layouts if layout.kind == "token" and layout.grid is not None]
    weight = linear_head(seen, layer, sequence_grids(layouts))
    table = position_table(model.module, grids[-1] if grids else None)
    missing = _missing(seen, layouts, isotropic, mixing)
    if obstacle is not None:
        missing[offers.GRADIENTS] = obstacle
    if table is None:
        missing[offers.POSITION_EMBEDDINGS] = missing_table(model.module, offers.ATTENTION_MAPS not in missing)
    if layer is None:
        missing[offers.FEATURE_MAP] = obstacle or "no layer with a map of at least 2 x 2 places reaches the logits"
    if weight is None:
        missing[offers.LINEAR_HEAD] = "it does not end in global average pooling and one linear layer; use grad-cam"
    words = {getattr(offers, name) for name in dir(offers) if name.isupper()}
    return Probe(
        input_size=seen.size,
        grid=_model_grid(layouts) or model.stated_grid,
        layouts=tuple(layouts),
        offers=frozenset(words - missing.keys()),
        missing=missing,
        isotropic=isotropic,
        maps=tuple(seen.maps),
        apart=seen.apart,
        cam_layer=layer,
        cam_grid=map_shape(seen, layer, layouts) if layer is not None else None,
        head_weight=weight,
        position_embeddings=table,
    )


def _latents(layouts: Sequence[AttentionLayout]) -> set[int]:
    """How many learned queries ask the image and go on as tokens of their own, which are no patches."""
    tokens = {grid.num_tokens for grid in sequence_grids(layouts)}
    return {layout.num_queries for layout in layouts if layout.kind == "cross"} - tokens


def _score(seen: Observation) -> Tensor:
    """A number that depends on whatever the logits are computed from, even where the head is still all zero."""
    source = seen.head.input if seen.head is not None else seen.logits
    mixing = torch.randn(source.shape, generator=torch.Generator().manual_seed(1)).to(source)
    return (source * mixing).sum()


def _mixing(seen: Observation, layouts: Sequence[AttentionLayout]) -> str | None:
    """A convolution that mixes places between token layers: attention alone does not say what came from where."""
    token = [index for index, layout in enumerate(layouts) if layout.kind == "token"]
    return next((name for name, before in seen.convolutions if token and token[0] < before <= token[-1]), None)


def _isotropic(layouts: Sequence[AttentionLayout]) -> bool:
    """Whether every layer's tokens ask the same patches; learned queries, branches and their crossings aside."""
    own = [layout for layout in layouts if layout.kind not in ("pooling", "branch", "cross", "unused")]
    grids = {(layout.grid.rows, layout.grid.columns) for layout in own if layout.grid is not None}
    plain = all(layout.kind == "token" and layout.num_queries == layout.num_keys for layout in own)
    return plain and len(grids) == 1


def _with_readout(seen: Observation, layouts: Sequence[AttentionLayout], score: Tensor) -> list[AttentionLayout]:
    """The layouts, the token grids knowing which rows of the last token layer move the score."""
    last = next((i for i in reversed(range(len(layouts))) if layouts[i].kind == "token"), None)
    output = seen.calls[last].output if last is not None else None
    if output is None or last is None or not (score.requires_grad and output.requires_grad):
        return list(layouts)
    (gradient,) = torch.autograd.grad(score, output, retain_graph=True, allow_unused=True)
    if gradient is None:
        return list(layouts)
    moves = gradient.abs().movedim(-2, 0).flatten(1).sum(1) > 0
    rows = tuple(moves.nonzero().flatten().tolist())
    return [
        replace(layout, grid=replace(layout.grid, readout=rows))
        if layout.grid is not None and layout.kind == "token" and layout.num_queries == layout.num_keys == len(moves)
        else layout
        for layout in layouts
    ]


def _model_grid(layouts: Sequence[AttentionLayout]) -> TokenGrid | None:
    """The grid of the last token layer; with the class token where class attention adds one afterwards (CaiT)."""
    own = [layout for layout in layouts if layout.kind in ("token", "pooling") and layout.grid is not None]
    grid = next((layout.grid for layout in reversed(own) if layout.kind == "token"), None)
    last = own[-1].grid if own else None
    if grid is not None and last is not None and last.num_prefix_tokens > grid.num_prefix_tokens:
        same = (last.rows, last.columns) == (grid.rows, grid.columns)
        return replace(last, readout=tuple(range(last.num_prefix_tokens))) if same else grid
    return grid


def _missing(
    seen: Observation, layouts: Sequence[AttentionLayout], isotropic: bool, mixing: str | None
) -> dict[str, str]:
    """Why attention or gradients are not there."""
    missing: dict[str, str] = {}
    real = [layout for layout in layouts if layout.kind not in ("unused", "other")]
    placed = [o for o in real if o.kind in ("token", "window", "pooling") and o.grid is not None]
    if not real:
        reason = "it has no attention" + (f" ({len(layouts)} other softmaxes were seen)" if layouts else "")
    else:
        kinds = ", ".join(f"{sum(o.kind == kind for o in real)} {kind}" for kind in dict.fromkeys(o.kind for o in real))
        reason = f"its {len(real)} attention layers ({kinds}) do not all ask the same grid of tokens"
        if _isotropic(layouts):
            reason = f"a convolution ({mixing}) mixes places between its attention layers"
    if not isotropic:
        missing[offers.ATTENTIONS] = reason
    if not placed:
        missing[offers.ATTENTION_MAPS] = (
            reason if not real else f"its attention ({real[0].describe()}) has no place on the image"
        )
    if seen.hidden is not None:
        hidden = f"{seen.hidden}; load it with attn_implementation='eager', or use grad-cam"
        missing |= {offers.ATTENTIONS: hidden, offers.ATTENTION_MAPS: hidden}
    if not seen.logits.requires_grad:
        missing[offers.GRADIENTS] = "its logits carry no gradient (it runs under torch.no_grad or detaches)"
    reached = [one.reached for one, o in zip(seen.calls, layouts, strict=True) if o.kind == "token"]
    if not isotropic or not all(reached):
        missing[offers.ATTENTION_GRADIENTS] = missing.get(offers.ATTENTIONS) or missing.get(
            offers.GRADIENTS, "no gradient of the logits reaches its attention"
        )
    return missing
