import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.explainers.records import random_attention, record, run
from tests.oracles import rollout as oracle
from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.record import AttentionRecord
from vitxplain.capture.weights import FusedWeights
from vitxplain.errors import OptionError
from vitxplain.explainers.attention_rollout import AttentionRollout, discard_smallest
from vitxplain.grid import TokenGrid

CLASS_TOKEN = TokenGrid(2, 3, 1)
DISTILLED = TokenGrid(2, 3, 2, readout=(0, 1))
REGISTERS = TokenGrid(3, 2, 5)
POOLED = TokenGrid(3, 2)
DETECTION = TokenGrid(2, 3, 1, 2, readout=(7, 8))


def expected(layers: list[torch.Tensor], grid: TokenGrid, **options: object) -> torch.Tensor:
    one_image = (
        oracle.rollout(
            [layer[i].double().numpy() for layer in layers],
            grid.readout_tokens,
            grid.num_prefix_tokens,
            grid.rows,
            grid.columns,
            **options,
        )
        for i in range(len(layers[0]))
    )
    return torch.stack([torch.from_numpy(one) for one in one_image]).float()


@pytest.mark.parametrize("grid", [CLASS_TOKEN, DISTILLED, REGISTERS, POOLED, DETECTION])
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"head_fusion": "max"}, {"head_fusion": "max"}),
        ({"head_fusion": "min"}, {"head_fusion": "min"}),
        ({"discard_ratio": 0.6}, {"discard_ratio": 0.6}),
        ({"residual_weight": 0.2}, {"residual": 0.2}),
        ({"residual_weight": 0.0, "discard_ratio": 0.95}, {"residual": 0.0, "discard_ratio": 0.95}),
        ({"start_layer": 1}, {"start_layer": 1}),
    ],
    ids=["default", "max", "min", "discard", "residual", "no residual", "start"],
)
def test_equals_whole_matrix_products(grid: TokenGrid, ours: dict, theirs: dict) -> None:
    layers = [random_attention(2, 3, grid.num_tokens, grid.num_tokens, seed=seed) for seed in range(3)]
    torch.testing.assert_close(run(AttentionRollout(**ours), layers, grid), expected(layers, grid, **theirs))


def test_fused_attention_gives_what_stored_weights_give() -> None:
    query, key = torch.randn(2, 3, 7, 4), torch.randn(2, 3, 7, 4)
    layout = AttentionLayout("block", "token", "batch head query key", (1, 3, 7, 7), 3, grid=CLASS_TOKEN)
    fused = AttentionRecord(0, layout, FusedWeights(query, key, torch.zeros(2, 3, 7, 4)))
    rollout = AttentionRollout()
    weights = (query @ key.mT / 2).softmax(-1)
    torch.testing.assert_close(rollout.keep(fused), rollout.keep(record(weights, CLASS_TOKEN)))


def test_uniform_attention_gives_a_uniform_map() -> None:
    grid = TokenGrid(4, 4, 1)
    result = run(AttentionRollout(), [torch.full((1, 2, 17, 17), 1 / 17)], grid)
    torch.testing.assert_close(result, torch.full((1, 4, 4), 1 / 34))
    assert result.sum().item() == pytest.approx(16 / 34)


def test_identity_attention_gives_nothing_to_patches() -> None:
    layers = [torch.eye(7).expand(1, 2, 7, 7)] * 4
    assert run(AttentionRollout(), layers, CLASS_TOKEN).abs().max() == 0


def test_one_layer_of_permutation_splits_evenly() -> None:
    grid = TokenGrid(2, 3, readout=(1,))
    permutation = [3, 5, 0, 1, 4, 2]
    result = run(AttentionRollout(), [torch.eye(6)[permutation].expand(1, 1, 6, 6)], grid).flatten()
    assert result.tolist() == [0, 0.5, 0, 0, 0, 0.5]


@settings(max_examples=25, deadline=None)
@given(
    rows=st.integers(1, 4),
    columns=st.integers(1, 4),
    layers=st.integers(1, 4),
    residual=st.floats(0, 1),
    fusion=st.sampled_from(["mean", "max", "min"]),
    seed=st.integers(0, 1000),
)
def test_shares_sum_to_one(rows: int, columns: int, layers: int, residual: float, fusion: str, seed: int) -> None:
    grid = TokenGrid(rows, columns)  # no other tokens: the map is the whole row
    attention = [random_attention(2, 2, grid.num_tokens, grid.num_tokens, seed=seed + i) for i in range(layers)]
    total = run(AttentionRollout(head_fusion=fusion, residual_weight=residual), attention, grid).sum((1, 2))
    torch.testing.assert_close(total, torch.ones(2), atol=1e-6, rtol=0)


@settings(max_examples=25, deadline=None)
@given(permutation=st.permutations(range(6)), seed=st.integers(0, 1000))
def test_permuted_patches_permute_the_map(permutation: list[int], seed: int) -> None:
    layers = [random_attention(1, 2, 7, 7, seed=seed + i) for i in range(2)]
    tokens = [0, *(1 + patch for patch in permutation)]
    permuted = [layer[:, :, tokens][..., tokens] for layer in layers]
    plain = run(AttentionRollout(), layers, CLASS_TOKEN).flatten(1)
    torch.testing.assert_close(run(AttentionRollout(), permuted, CLASS_TOKEN).flatten(1), plain[:, permutation])


@settings(max_examples=15, deadline=None)
@given(ratio=st.floats(0, 0.95), seed=st.integers(0, 1000))
def test_each_image_of_a_batch_stands_alone(ratio: float, seed: int) -> None:
    rollout = AttentionRollout(discard_ratio=ratio)
    layers = [random_attention(3, 2, 7, 7, seed=seed + i) for i in range(2)]
    together = run(rollout, layers, CLASS_TOKEN)
    for image in range(3):
        alone = run(rollout, [layer[[image]] for layer in layers], CLASS_TOKEN)
        torch.testing.assert_close(together[[image]], alone)


def test_discards_the_exact_share_and_no_prefix_column() -> None:
    attention = random_attention(2, 11, 11)
    discarded = discard_smallest(attention, 0.5, REGISTERS)
    for before, after in zip(attention, discarded, strict=True):
        chosen = before <= before.flatten().kthvalue(60).values  # int(0.5 * 121) entries
        chosen[:, :5] = False
        assert torch.equal(after == 0, chosen)
        assert torch.equal(after[~chosen], before[~chosen])


def test_ties_do_not_discard_more_than_the_share() -> None:
    assert (discard_smallest(torch.full((1, 6, 6), 1 / 6), 0.5, POOLED) == 0).sum() == 18


def test_keep_leaves_the_weights_of_the_model_alone() -> None:
    weights = random_attention(1, 1, 7, 7)
    before = weights.clone()
    for options in ({}, {"head_fusion": "max"}, {"discard_ratio": 0.5}):
        run(AttentionRollout(**options), [weights, weights], CLASS_TOKEN)
    assert torch.equal(weights, before)


def test_rows_without_anything_left_stay_finite() -> None:
    attention = torch.zeros(1, 2, 6, 6)
    assert run(AttentionRollout(residual_weight=0.0), [attention], POOLED).abs().max() == 0


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"head_fusion": "median"}, "mean, max or min"),
        ({"discard_ratio": 1.0}, "1 itself excluded"),
        ({"discard_ratio": -0.1}, "from 0 to 1"),
        ({"residual_weight": 1.5}, "from 0 to 1"),
        ({"residual_weight": "half"}, "a number"),
        ({"start_layer": -1}, "at least 0"),
        ({"start_layer": True}, "whole number"),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_options_out_of_range_are_refused(options: dict, allowed: str) -> None:
    (name,) = options
    with pytest.raises(OptionError, match=f"{name}.*{allowed}"):
        AttentionRollout(**options)


def test_a_start_beyond_the_last_layer_is_refused() -> None:
    with pytest.raises(OptionError, match=r"start_layer 2 .* has 2, 0 to 1"):
        run(AttentionRollout(start_layer=2), [random_attention(1, 1, 6, 6)] * 2, POOLED)
