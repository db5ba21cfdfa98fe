import pytest

from vitxplain.capture.layout import AttentionLayout, sequence_grids
from vitxplain.grid import TokenGrid

GRID = TokenGrid(4, 6, num_prefix_tokens=1, patch_size=(8.0, 8.0))


def layout(queries: int, grid: TokenGrid | None, kind: str = "token") -> AttentionLayout:
    keys = grid.num_tokens if grid else 9
    return AttentionLayout("blocks.0", kind, "batch head query key", (1, 2, queries, keys), 2, grid=grid)


@pytest.mark.parametrize(
    ("queries", "grid", "asking"),
    [
        (25, GRID, GRID),
        (97, GRID, TokenGrid(8, 12, 1, 0, (4.0, 4.0))),  # keys pooled, the class token asks too
        (96, GRID, TokenGrid(8, 12, 0, 0, (4.0, 4.0))),
        (6, GRID, TokenGrid(2, 3, 0, 0, (16.0, 16.0))),  # queries pooled
        (16, TokenGrid(7, 7), TokenGrid(4, 4, 0, 0, (1.75, 1.75))),  # an odd side: rounded up
        (9, TokenGrid(7, 7), TokenGrid(3, 3, 0, 0, (7 / 3, 7 / 3))),  # or down
        (8, GRID, None),  # latents
        (1, GRID, None),
    ],
)
def test_which_patches_ask(queries: int, grid: TokenGrid, asking: TokenGrid | None) -> None:
    assert layout(queries, grid).asking == asking


def test_pooled_queries_of_a_window_have_no_place() -> None:
    assert layout(6, GRID, "window").asking is None
    assert layout(25, GRID, "window").asking == GRID


def test_grids_of_sequences_are_those_of_tokens_that_ask_or_are_asked() -> None:
    pooled, plain, windowed = layout(96, GRID), layout(25, GRID), layout(25, GRID, "window")
    assert sequence_grids([pooled, plain, windowed, layout(3, None)]) == [GRID, pooled.asking]
