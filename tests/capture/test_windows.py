"""Windows stitched to the image, against a loop over places."""

import pytest
import torch
from torch import Tensor

from tests.explainers.records import random_attention
from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.record import AttentionRecord
from vitxplain.capture.weights import ExplicitWeights
from vitxplain.grid import TokenGrid

BATCH, HEADS, SIDE = 2, 3, 2


def placement(rows: int, columns: int, shift: int) -> Tensor:
    """(window, key) -> row * columns + column for windows of 2 x 2, rolled by `shift`; -1 where the grid was padded."""
    padded_rows, padded_columns = -(-rows // SIDE) * SIDE, -(-columns // SIDE) * SIDE
    places = torch.full((padded_rows, padded_columns), -1)
    places[:rows, :columns] = torch.arange(rows * columns).view(rows, columns)
    rolled = places.roll((-shift, -shift), (0, 1))
    windows = rolled.view(padded_rows // SIDE, SIDE, padded_columns // SIDE, SIDE).transpose(1, 2)
    return windows.reshape(-1, SIDE * SIDE)


def windowed(rows: int, columns: int, shift: int, queries: int = 4) -> tuple[AttentionRecord, Tensor]:
    """A record, and its weights (batch, window, head, query, key)."""
    places = placement(rows, columns, shift)
    count, keys = places.shape
    weights = random_attention(BATCH * count, HEADS, queries, keys)
    layout = AttentionLayout(
        "block", "window", "batch*window head query key", (count, HEADS, queries, keys), HEADS, count,
        TokenGrid(rows, columns), places,
    )  # fmt: skip
    source = ExplicitWeights(weights, torch.zeros(1))
    return AttentionRecord(0, layout, source), weights.unflatten(0, (BATCH, count))


GRIDS = [(4, 4, 0), (4, 6, 1), (3, 5, 0), (5, 3, 1)]  # the last two are padded


@pytest.mark.parametrize(("rows", "columns", "shift"), GRIDS)
def test_the_mean_over_all_queries_lies_where_the_keys_come_from(rows: int, columns: int, shift: int) -> None:
    record, weights = windowed(rows, columns, shift)
    places = record.layout.placement
    result = record.patch_rows()
    assert result.shape == (BATCH, HEADS, rows, columns)
    seen = set()
    for window, keys in enumerate(places.tolist()):
        asking = [query for query, place in enumerate(keys) if place >= 0]  # padding does not ask
        for key, place in enumerate(keys):
            if place >= 0:
                seen.add(place)
                expected = weights[:, window, :, asking, key].mean(-1)
                torch.testing.assert_close(result[:, :, place // columns, place % columns], expected)
    assert len(seen) == rows * columns


@pytest.mark.parametrize(("rows", "columns", "shift"), GRIDS)
def test_one_patch_asks_within_its_window_alone(rows: int, columns: int, shift: int) -> None:
    record, weights = windowed(rows, columns, shift)
    places = record.layout.placement.tolist()
    for asked in (0, rows * columns - 1):
        window = next(index for index, keys in enumerate(places) if asked in keys)
        result = record.patch_rows(asked).flatten(2)
        row = weights[:, window, :, places[window].index(asked)]
        expected = torch.zeros(BATCH, HEADS, rows * columns)
        for key, place in enumerate(places[window]):
            if place >= 0:
                expected[:, :, place] = row[..., key]
        torch.testing.assert_close(result, expected)


def test_one_learned_query_a_window() -> None:
    record, weights = windowed(4, 4, 0, queries=1)
    result = record.patch_rows()
    torch.testing.assert_close(result[:, :, :2, :2].flatten(2), weights[:, 0, :, 0])


def test_windows_whose_place_is_unknown_are_named() -> None:
    layout = AttentionLayout("block", "window", "batch*window head query key", (4, 3, 4, 4), 3, 4, TokenGrid(4, 4))
    record = AttentionRecord(0, layout, ExplicitWeights(torch.rand(8, 3, 4, 4), torch.zeros(1)))
    with pytest.raises(ValueError, match="block: window attention, 4 x 4: where its windows lie was not found"):
        record.patch_rows()
