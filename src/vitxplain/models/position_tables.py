"""The learned table of position embeddings, or the reason there is none."""

import math
import re

from jaxtyping import Float
from torch import Tensor, nn

from vitxplain.grid import TokenGrid

_TABLE = re.compile(r"(^|[._])(abs_)?pos(ition)?(al)?_?(emb|encod|token)", re.IGNORECASE)
_ROTARY = re.compile(r"rope|rotary|freqs_(cos|sin)|periods", re.IGNORECASE)
_RELATIVE = re.compile(r"rel(ative)?_pos|attention_bias(es)?$|pos_proj|cpb|logit_scale", re.IGNORECASE)


def position_table(module: nn.Module, grid: TokenGrid | None) -> Float[Tensor, "row column channel"] | None:
    """One row a patch, prefix tokens dropped, at the resolution the table was learned at."""
    tensors = [*module.named_parameters(), *module.named_buffers()]
    for name, tensor in tensors:
        if not _TABLE.search(name) or _RELATIVE.search(name) or not tensor.is_floating_point() or tensor.is_meta:
            continue
        found = _as_grid(tensor.detach(), grid)
        if found is not None and found.shape[-1] > 1:
            return found
    return None


def _as_grid(table: Tensor, grid: TokenGrid | None) -> Tensor | None:
    """(row, column, channel) of ([1,] token, channel), (1, channel, row, column) or (1, row, column, channel)."""
    table = table.float()
    if table.dim() == 4 and table.shape[0] == 1:
        height, width = table.shape[2:]
        channels_first = grid is not None and (height, width) == (grid.rows, grid.columns)
        return table[0].permute(1, 2, 0) if channels_first or table.shape[1] > max(height, width) else table[0]
    if table.dim() == 3 and table.shape[0] == 1:
        table = table[0]
    if table.dim() != 2:
        return None
    tokens = len(table)
    if grid is not None:
        for extra in dict.fromkeys((grid.num_prefix_tokens, 0, 1)):
            if tokens - extra == grid.num_patches:
                return table[extra:].unflatten(0, (grid.rows, grid.columns))
    for extra in dict.fromkeys((grid.num_prefix_tokens if grid else 0, 0, 1, 2)):
        side = math.isqrt(max(tokens - extra, 0))
        if side > 1 and side * side == tokens - extra:
            return table[extra:].unflatten(0, (side, side))
    return None


def missing_table(module: nn.Module, attends: bool) -> str:
    """Why there is no table, by the name of what is there instead; `attends`: there is attention to look at."""
    other = "raw-attention" if attends else "grad-cam"
    names = [name for name, _ in [*module.named_modules(), *module.named_parameters(), *module.named_buffers()]]
    for pattern, what in ((_ROTARY, "rotary"), (_RELATIVE, "relative")):
        name = next((name for name in names if pattern.search(name.rpartition(".")[2] or name)), None)
        if name is not None:
            return f"its positions are {what} ({name}), not a learned table; look at {other}"
    return f"it has no learned table of position embeddings; look at {other}"
