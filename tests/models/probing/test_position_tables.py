"""What counts as a learned table of positions, and what only has the name of one."""

import pytest
import torch
from torch import nn

from vitxplain.grid import TokenGrid
from vitxplain.models.probing.position_tables import PositionTable, missing_table, position_table, stretched_note

GRID = TokenGrid(3, 4, num_prefix_tokens=1)


class Named(nn.Module):
    """One parameter of this name and shape, its values counted through."""

    def __init__(self, name: str, *shape: int) -> None:
        super().__init__()
        *parents, own = name.split(".")
        owner: nn.Module = self
        for parent in parents:
            owner.add_module(parent, nn.Module())
            owner = owner.get_submodule(parent)
        owner.register_parameter(own, nn.Parameter(torch.arange(float(torch.Size(shape).numel())).view(shape)))


@pytest.mark.parametrize(
    ("shape", "grid", "expected"),
    [
        ((1, 13, 5), GRID, (3, 4, 5)),  # tokens, the prefix dropped
        ((12, 5), GRID, (3, 4, 5)),
        ((1, 50, 5), GRID, (7, 7, 5)),  # learned at another resolution, as a square
        ((1, 5, 3, 4), GRID, (3, 4, 5)),
        ((1, 3, 4, 5), GRID, (3, 4, 5)),
        ((1, 50, 6, 8), GRID, (6, 8, 50)),  # twice as fine, in proportion
        ((1, 6, 6, 50), None, (6, 6, 50)),
    ],
)
def test_tables(shape: tuple[int, ...], grid: TokenGrid | None, expected: tuple[int, ...]) -> None:
    module = Named("embeddings.position_embeddings", *shape)
    assert position_table(module, grid).shape == expected


def test_positions_of_patches_among_those_of_pixels() -> None:  # TNT
    assert position_table(Named("patch_pos", 1, 13, 5), GRID).shape == (3, 4, 5)


@pytest.mark.parametrize(
    ("size", "grid", "is_said"),
    [
        ((32, 32), TokenGrid(4, 4, num_prefix_tokens=1), False),
        ((48, 64), TokenGrid(6, 8, num_prefix_tokens=1), True),
        ((34, 34), TokenGrid(4, 4, num_prefix_tokens=1), False),  # cut to whole patches
        ((48, 48), TokenGrid(3, 3, num_prefix_tokens=1), False),  # patches of a later level, which the table is not of
    ],
)
def test_a_stretched_table_is_said(size: tuple[int, int], grid: TokenGrid, is_said: bool) -> None:
    said = stretched_note(PositionTable("pos_embed", 4, 4, grid), grid, size, (32, 32))
    assert bool(said) == is_said
    assert not said or "48 x 64 pixels" in said
    assert not said or "learned for 4 x 4 patches, are stretched to 6 x 8" in said
    assert stretched_note(None, grid, size, (32, 32)) == ""


def test_rows_lie_row_by_row_after_the_prefix() -> None:
    table = position_table(Named("pos_embed", 1, 13, 5), GRID)
    assert table[0, 0, 0] == 5  # the second token
    assert table[2, 3, 0] == 5 * 12


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("pos_embed", (1, 16, 196, 200)),  # 16 blocks of 196 places each (NesT)
        ("blocks.0.pos_embed.proj.weight", (1, 1, 3, 3)),  # the kernel of a convolution (CSATv2)
        ("attn.pos_embed.height_rel", (27, 16)),  # relative (HaloNet)
        ("attn.relative_position_bias_table", (49, 4)),
        ("attn.gate", (1, 13, 5)),
    ],
)
def test_no_tables(name: str, shape: tuple[int, ...]) -> None:
    assert position_table(Named(name, *shape), None) is None


@pytest.mark.parametrize("name", ["attn.pos_embed.height_rel", "attn.relative_position_bias_table"])
def test_relative_positions_are_named(name: str) -> None:
    reason = missing_table(Named(name, 49, 4), attends=True)
    assert reason == f"its positions are relative ({name}), not a learned table; look at raw-attention"
