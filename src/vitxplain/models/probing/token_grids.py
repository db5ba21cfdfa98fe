"""Which tokens are patches, and how they lie: from what was seen, the config and the aspect ratio, in that order."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.patch_layout import ImageMaps, factor
from vitxplain.errors import UsageError
from vitxplain.grid import TokenGrid
from vitxplain.models.probing.observation import Observation, ObservedCall
from vitxplain.models.probing.readout_trial import tokens_read

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel

_CLASS_TOKEN = re.compile(r"(^|[._])(cls|class)(_?(tokens?|emb\w*))?$", re.IGNORECASE)
_REGISTERS = re.compile(r"(^|[._])((reg|register|storage)_?tokens?|registers?)$", re.IGNORECASE)
_MOST_EXTRA_TOKENS = 16  # class, distillation, registers: nobody has more


def config_grid(config: Any, size: tuple[int, int]) -> tuple[int, int] | None:
    """(rows, columns) by a transformers config's patch size, where it has one."""
    patch = getattr(config, "patch_size", None)
    if isinstance(patch, int):
        patch = (patch, patch)
    if not isinstance(patch, (list, tuple)) or len(patch) != 2 or not all(isinstance(p, int) and p > 0 for p in patch):
        return None
    return max(size[0] // patch[0], 1), max(size[1] // patch[1], 1)


def token_grid(
    call: ObservedCall, maps: ImageMaps, config: Any, earlier: Sequence[TokenGrid], stated: TokenGrid | None
) -> TokenGrid | None:
    """The grid of one call's keys, or None where no arrangement fits.

    Prefix and suffix tokens are those whose values do not change with the image where they first appear; a later
    layer has the patches of an earlier layer's grid, and the rest in front.
    """
    keys, size = call.shape[-1], maps.input_size
    if stated is not None:
        prefix = keys - stated.num_patches - stated.num_suffix_tokens
        if 0 <= prefix <= (stated.num_prefix_tokens or _MOST_EXTRA_TOKENS):
            return _grid(stated.rows, stated.columns, prefix, stated.num_suffix_tokens, size)
    for grid in earlier:
        if grid.num_tokens == keys:
            return grid
    prefix, suffix = _constant_ends(call.constant_keys)
    by_config, patches = config_grid(config, size), keys - prefix - suffix
    for rows, columns in ((by_config,) if by_config else ()) + maps.map_sizes:
        if rows * columns == patches:
            return _grid(rows, columns, prefix, suffix, size)
    if patches > 0 and (shape := factor(patches, size)):
        return _grid(*shape, prefix, suffix, size)
    for grid in earlier:  # tokens added later than the first layer
        if 0 < keys - grid.num_patches <= _MOST_EXTRA_TOKENS:
            return _grid(grid.rows, grid.columns, keys - grid.num_patches, 0, size)
    for extra in range(_MOST_EXTRA_TOKENS + 1):
        if keys > extra and (shape := factor(keys - extra, size)):
            return _grid(*shape, extra, 0, size)
    return None


def true_pitch(grid: TokenGrid, module: nn.Module, size: tuple[int, int]) -> TokenGrid:
    """The grid with the patch size it was cut by: an input that is no multiple of it has a rest nobody sees."""
    strides = [
        part.stride
        for part in module.modules()
        if isinstance(part, nn.Conv2d) and part.stride == part.kernel_size and part.padding in (0, (0, 0), "valid")
    ]
    for height, width in strides:
        if (size[0] // int(height), size[1] // int(width)) == (grid.rows, grid.columns):
            return replace(grid, patch_size=(float(height), float(width)))
    return grid


def check_stated(stated: TokenGrid, lengths: Sequence[int], grids: Collection[TokenGrid]) -> None:
    """Raise UsageError if no sequence of tokens, of those lengths, has the grid the user stated."""
    if lengths and not any((grid.rows, grid.columns) == (stated.rows, stated.columns) for grid in grids):
        counts = ", ".join(str(length) for length in dict.fromkeys(lengths))
        raise UsageError(
            f"grid {stated.rows} x {stated.columns} ({stated.num_tokens} tokens at least) was stated, but this model's "
            f"attention is among {counts} tokens; state the rows and columns of its patches, or leave grid out."
        )


def _grid(rows: int, columns: int, prefix: int, suffix: int, size: tuple[int, int]) -> TokenGrid:
    return TokenGrid(rows, columns, prefix, suffix, (size[0] / rows, size[1] / columns))


def _constant_ends(constant: Sequence[bool] | None) -> tuple[int, int]:
    """How many tokens in front and at the end do not depend on the image."""
    if constant is None or all(constant):
        return 0, 0
    return constant.index(False), constant[::-1].index(False)


def with_readout(observation: Observation, layouts: Sequence[AttentionLayout], score: Tensor) -> list[AttentionLayout]:
    """The layouts, their token grids with the rows of the last token layer that move the score."""
    last = next((i for i in reversed(range(len(layouts))) if layouts[i].kind == "token"), None)
    output = observation.calls[last].output if last is not None else None
    if output is None or last is None or not (score.requires_grad and output.requires_grad):
        return list(layouts)
    (gradient,) = torch.autograd.grad(score, output, retain_graph=True, allow_unused=True)
    if gradient is None:
        return list(layouts)
    moves = gradient.abs().movedim(-2, 0).flatten(1).sum(1) > 0
    return _read_from(layouts, len(moves), tuple(moves.nonzero().flatten().tolist()))


def with_readout_by_trial(
    model: "VisionModel", observation: Observation, layouts: Sequence[AttentionLayout]
) -> list[AttentionLayout]:
    """`with_readout` for a model without a gradient: by trial."""
    last = next((i for i in reversed(range(len(layouts))) if layouts[i].kind == "token"), None)
    grid = layouts[last].grid if last is not None else None
    if last is None or grid is None or grid.num_tokens == grid.num_patches:
        return list(layouts)
    return _read_from(layouts, grid.num_tokens, tokens_read(model, observation, last, grid))


def _read_from(layouts: Sequence[AttentionLayout], tokens: int, rows: tuple[int, ...]) -> list[AttentionLayout]:
    return [
        replace(layout, grid=replace(layout.grid, readout=rows))
        if layout.grid is not None and layout.kind == "token" and layout.num_queries == layout.num_keys == tokens
        else layout
        for layout in layouts
    ]


def with_class_token(
    observation: Observation, layouts: Sequence[AttentionLayout], module: nn.Module
) -> list[AttentionLayout]:
    """The layouts, their token grids with the class token where there is one.

    It is the token beside the patches that the logits are read from; where they are read from patches alone, or from
    all tokens, the first one in front, if the module has a parameter of that name.
    """
    named = any(_CLASS_TOKEN.search(name) for name, _ in module.named_parameters())
    return [
        replace(layout, grid=replace(layout.grid, class_token=_class_token(layout.grid, named)))
        if layout.grid is not None and not (layout.kind == "pooling" and call.learned_queries)
        else layout
        for layout, call in zip(layouts, observation.calls, strict=True)
    ]


def with_registers(layouts: Sequence[AttentionLayout], module: nn.Module) -> list[AttentionLayout]:
    """The layouts, their token grids with the registers where the module has some.

    They are the tokens beside the patches, none of which depends on the image where it begins, but for the class token:
    where a parameter is called registers, and there are as many as it has rows. Other tokens make it undecided.
    """
    counts = [
        parameter.shape[-2]
        for name, parameter in module.named_parameters()
        if _REGISTERS.search(name) and parameter.dim() > 1
    ]
    if len(counts) != 1:
        return list(layouts)

    def named(grid: TokenGrid) -> TokenGrid:
        patches = range(grid.num_tokens)[grid.patches]
        beside = [token for token in range(grid.num_tokens) if token not in patches and token != grid.class_token]
        return replace(grid, registers=tuple(beside)) if len(beside) == counts[0] else grid

    return [layout if layout.grid is None else replace(layout, grid=named(layout.grid)) for layout in layouts]


def without_head(layouts: Sequence[AttentionLayout]) -> list[AttentionLayout]:
    """The layouts of a model without a head: where it gives every token, the class token is read, or all patches."""

    def read(grid: TokenGrid) -> TokenGrid:
        if len(grid.readout) < grid.num_tokens or not grid.num_prefix_tokens:
            return grid
        patches = tuple(range(grid.num_tokens)[grid.patches])
        return replace(grid, readout=patches if grid.class_token is None else (grid.class_token,))

    return [layout if layout.grid is None else replace(layout, grid=read(layout.grid)) for layout in layouts]


def _class_token(grid: TokenGrid, named: bool) -> int | None:
    patches = range(grid.num_tokens)[grid.patches]
    beside = [token for token in grid.readout if token not in patches]
    if beside and (len(beside) == 1 or not set(patches) <= set(grid.readout)):
        return beside[0]
    return 0 if named and grid.num_prefix_tokens else None


def model_grid(layouts: Sequence[AttentionLayout]) -> TokenGrid | None:
    """The grid of the last token layer; with the class token where class attention adds one afterwards (CaiT)."""
    own = [layout for layout in layouts if layout.kind in ("token", "pooling") and layout.grid is not None]
    grid = next((layout.grid for layout in reversed(own) if layout.kind == "token"), None)
    last = own[-1].grid if own else None
    if grid is not None and last is not None and last.num_prefix_tokens > grid.num_prefix_tokens:
        same = (last.rows, last.columns) == (grid.rows, grid.columns)
        return replace(last, readout=tuple(range(last.num_prefix_tokens))) if same else grid
    return grid
