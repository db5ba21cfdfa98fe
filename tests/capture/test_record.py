"""One layer's attention in axes of every order; windows stitched to the image, against a loop over places."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.explainers.records import random_attention, record
from vitxplain.capture.layout import AttentionLayout, Kind
from vitxplain.capture.record import AttentionRecord
from vitxplain.capture.weight_gradients import ExplicitGradients
from vitxplain.capture.weights import ExplicitWeights, FusedWeights
from vitxplain.grid import TokenGrid

BATCH, WINDOWS, HEADS, SIDE = 2, 4, 3, 2
CLASS_TOKEN = TokenGrid(2, 3, 1)

AXES = {
    "batch head query key": ("b h", 1),
    "head batch query key": ("h b", 1),
    "batch*head query key": ("(b h)", 1),
    "batch*window head query key": ("(b w) h", WINDOWS),
    "batch window head query key": ("b w h", WINDOWS),
    "batch head window query key": ("b h w", WINDOWS),
    "batch*window*head query key": ("(b w h)", WINDOWS),
}


def raw(axes: str, canonical: Tensor) -> Tensor:
    """(batch, window, head, query, key) in the order the call has it."""
    names = axes.replace("*", " ").split()
    order = [("batch", "window", "head", "query", "key").index(name) for name in names]
    if "window" not in names:
        canonical = canonical[:, :1]
        order.insert(1, 1)
    moved = canonical.permute(order)
    if "window" not in names:
        moved = moved.squeeze(1)
    folded = axes.split()[0].count("*")
    return moved.flatten(0, folded) if folded else moved


def of_axes(axes: str, kind: Kind = "token", fused: bool = False) -> tuple[AttentionRecord, Tensor]:
    """A record in the call's axes, and its weights (batch * window, head, query, key)."""
    windows = AXES[axes][1]
    query, key = torch.randn(2, BATCH, windows, HEADS, 7, 4).unbind(0)
    expected = (query @ key.mT / 2).softmax(-1)
    operands = [raw(axes, one) for one in (query, key)]
    stored = ExplicitWeights(raw(axes, expected), torch.zeros(1))
    source = FusedWeights(*operands, operands[1]) if fused else stored
    layout = AttentionLayout("block", kind, axes, (1,), HEADS, windows, CLASS_TOKEN)
    gradients = ExplicitGradients(stored, 2 * stored.tensor)
    return AttentionRecord(0, layout, source, gradients), expected.flatten(0, 1)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("axes", AXES)
def test_axes_of_any_order_come_out_the_same(axes: str, fused: bool) -> None:
    one, expected = of_axes(axes, fused=fused)
    torch.testing.assert_close(one.weights, expected)
    torch.testing.assert_close(one.gradients, expected * 2)
    weights, gradients = zip(*one.heads_with_gradients(), strict=True)
    torch.testing.assert_close(torch.stack(weights, 1) * 2, torch.stack(gradients, 1))
    torch.testing.assert_close(one.positive_products(), (2 * expected**2).mean(1))
    torch.testing.assert_close(one.rows([6, 1]), expected[:, :, [6, 1]])
    torch.testing.assert_close(torch.stack(list(one.heads()), 1), expected)
    torch.testing.assert_close(one.fuse_heads("mean"), expected.mean(1))
    torch.testing.assert_close(one.fuse_heads("max"), expected.amax(1))
    torch.testing.assert_close(one.fuse_heads("min"), expected.amin(1))


def test_one_head_needs_no_head_axis() -> None:
    weights = random_attention(2, 7, 7)
    layout = AttentionLayout("block", "token", "batch query key", (1, 7, 7), 1, grid=CLASS_TOKEN)
    one = AttentionRecord(0, layout, ExplicitWeights(weights, torch.zeros(2, 7, 4)))
    assert torch.equal(one.weights, weights[:, None])
    assert torch.equal(one.fuse_heads("mean"), weights)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("how", ["mean", "max", "min"])
def test_fusing_heads_leaves_the_call_as_it_was(how: str, fused: bool) -> None:
    one, expected = of_axes("batch head query key", fused=fused)
    one.fuse_heads(how)
    torch.testing.assert_close(one.weights, expected)


@settings(max_examples=20, deadline=None)
@given(heads=st.integers(1, 4), seed=st.integers(0, 1000))
def test_fused_heads_are_ordered_and_the_mean_sums_to_one(heads: int, seed: int) -> None:
    one = record(random_attention(2, heads, 7, 7, seed=seed), CLASS_TOKEN)
    low, mean, high = (one.fuse_heads(how) for how in ("min", "mean", "max"))
    torch.testing.assert_close(mean.sum(-1), torch.ones(2, 7), atol=1e-6, rtol=0)
    assert (low <= mean + 1e-6).all()
    assert (mean <= high + 1e-6).all()


def test_patch_rows_of_the_readout_and_of_one_patch() -> None:
    weights = random_attention(2, 3, 8, 8)
    one = record(weights, TokenGrid(2, 3, 1, 1, readout=(0, 7)))
    torch.testing.assert_close(one.patch_rows().flatten(2), weights[:, :, [0, 7]].mean(2)[..., 1:7])
    torch.testing.assert_close(one.patch_rows(4).flatten(2), weights[:, :, 5, 1:7])
    assert one.asking_grid == (2, 3)


def test_patch_rows_average_all_patches_without_a_class_token() -> None:
    weights = random_attention(2, 3, 6, 6)
    torch.testing.assert_close(record(weights, TokenGrid(2, 3)).patch_rows().flatten(2), weights.mean(2))


def test_patch_rows_where_keys_are_pooled() -> None:
    weights = random_attention(2, 3, 25, 7)  # 4 x 6 patches ask 2 x 3, both behind a class token
    one = record(weights, CLASS_TOKEN)
    assert one.asking_grid == (4, 6)
    torch.testing.assert_close(one.patch_rows(8).flatten(2), weights[:, :, 9, 1:])


def test_patch_rows_of_one_learned_query() -> None:
    weights = random_attention(2, 3, 1, 7)
    one = record(weights, CLASS_TOKEN, kind="pooling")
    torch.testing.assert_close(one.patch_rows().flatten(2), weights[:, :, 0, 1:])


def test_what_is_not_there_is_named() -> None:
    layout = AttentionLayout("block", "channel", "batch head query key", (1, 3, 7, 7), 3)
    one = AttentionRecord(0, layout, ExplicitWeights(torch.rand(1, 3, 7, 7), torch.zeros(1)))
    with pytest.raises(ValueError, match="block: channel attention, 7 x 7 has no token grid"):
        _ = one.grid
    with pytest.raises(ValueError, match="attention_gradients"):
        _ = one.gradients


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
