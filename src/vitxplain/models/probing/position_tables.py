"""The learned table of position embeddings, or the reason there is none."""

import math
import re
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from vitxplain.grid import TokenGrid

_TABLE = re.compile(r"(^|[._])(abs_)?pos(ition)?(al)?_?(emb|encod|token)|(^|[._])patch_pos$", re.IGNORECASE)
_ROTARY = re.compile(r"rope|rotary|freqs_(cos|sin)|periods", re.IGNORECASE)
_RELATIVE = re.compile(r"rel(ative)?_pos|_rel$|attention_bias(es)?$|pos_proj|cpb|logit_scale", re.IGNORECASE)
_SAME_ASPECT = 0.2  # of logarithms: a table learned at another resolution has nearly the proportions of the grid


@dataclass(frozen=True)
class PositionTable:
    """Where a model keeps its table, (rows, columns) patches large; its values are read when they are asked for."""

    name: str
    rows: int
    columns: int
    grid: TokenGrid | None  # of the tokens that it is read for

    def values(self, module: nn.Module) -> Float[Tensor, "row column channel"] | None:
        """One row a patch, prefix tokens dropped, at the resolution the table was learned at.

        None where the module has another table by now.
        """
        owner, _, name = self.name.rpartition(".")
        table = getattr(module.get_submodule(owner), name, None)
        return None if not isinstance(table, Tensor) or table.is_meta else _as_grid(table.detach(), self.grid)


def position_table(module: nn.Module, grid: TokenGrid | None) -> Float[Tensor, "row column channel"] | None:
    """One row a patch, prefix tokens dropped, at the resolution the table was learned at."""
    table = find_table(module, grid)
    return table.values(module) if table is not None else None


def find_table(module: nn.Module, grid: TokenGrid | None) -> PositionTable | None:
    """Where the module keeps its table of one row a patch."""
    tensors = [*module.named_parameters(), *module.named_buffers()]
    for name, tensor in tensors:
        if not _TABLE.search(name) or _RELATIVE.search(name) or not tensor.is_floating_point() or tensor.is_meta:
            continue
        table = _as_grid(tensor.detach(), grid)
        if table is not None and table.shape[-1] > 1:
            rows, columns, _ = table.shape
            return PositionTable(name, rows, columns, grid)
    return None


def _as_grid(table: Tensor, grid: TokenGrid | None) -> Tensor | None:
    """(row, column, channel) of ([1,] token, channel), (1, channel, row, column) or (1, row, column, channel)."""
    table = table.float()
    if table.dim() == 4 and table.shape[0] == 1:
        orders = (table[0].permute(1, 2, 0), table[0])
        exact = [one for one in orders if grid is not None and one.shape[:2] == (grid.rows, grid.columns)]
        likely = [one for one in orders if _is_proportioned(one, grid)]
        return next(iter(exact + likely), None)
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


def _is_proportioned(table: Tensor, grid: TokenGrid | None) -> bool:
    """Whether (row, column, channel) may be a table of places: not of blocks of places (NesT), no kernel."""
    rows, columns, channels = table.shape
    aspect = grid.rows / grid.columns if grid is not None else 1.0
    same = rows == columns or abs(math.log(rows / columns / aspect)) < _SAME_ASPECT
    return 1 < min(rows, columns) <= max(rows, columns) < channels and same


def stretched_note(
    table: PositionTable | None, grid: TokenGrid | None, size: tuple[int, int], usual: tuple[int, int]
) -> str:
    """A sentence for an input of another (height, width) than the usual, for which a table is stretched; else ""."""
    if table is None or grid is None or (table.rows, table.columns) == (grid.rows, grid.columns):
        return ""
    if (table.rows * size[0] // usual[0], table.columns * size[1] // usual[1]) != (grid.rows, grid.columns):
        return ""  # at the usual size it is stretched, too (DINOv2), or it is of other places than the grid
    return (
        f"the input is {size[0]} x {size[1]} pixels (height x width) where the model's own is {usual[0]} x {usual[1]}: "
        f"its position embeddings, learned for {table.rows} x {table.columns} patches, are stretched to {grid.rows} x "
        f"{grid.columns}, which it may not have been trained on."
    )


def missing_table(module: nn.Module, attends: bool) -> str:
    """Why there is no table, by the name of what is there instead; `attends`: there is attention to look at."""
    other = "raw-attention" if attends else "grad-cam"
    names = [name for name, _ in [*module.named_modules(), *module.named_parameters(), *module.named_buffers()]]
    for pattern, what in ((_ROTARY, "rotary"), (_RELATIVE, "relative")):
        name = next((name for name in names if pattern.search(name.rpartition(".")[2] or name)), None)
        if name is not None:
            return f"its positions are {what} ({name}), not a learned table; look at {other}"
    return f"it has no learned table of position embeddings; look at {other}"
