import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.oracles.attention import attention
from vitxplain.capture.weights import RUN, ExplicitWeights, FusedWeights, Weights

BATCH, HEADS, QUERIES, KEYS, CHANNELS = 2, 3, 5, 7, 4


def operands(dtype: torch.dtype = torch.float32, keys: int = KEYS, key_heads: int = HEADS) -> list[Tensor]:
    draw = torch.Generator().manual_seed(0)
    shapes = [(BATCH, HEADS, QUERIES), (BATCH, key_heads, keys), (BATCH, key_heads, keys)]
    return [(2 * torch.randn(*shape, CHANNELS, generator=draw)).to(dtype) for shape in shapes]


def boolean_mask(*leading: int) -> Tensor:
    return torch.rand(*leading, QUERIES, KEYS, generator=torch.Generator().manual_seed(1)) > 0.4


def additive_mask(*leading: int) -> Tensor:
    return torch.randn(*leading, QUERIES, KEYS, generator=torch.Generator().manual_seed(1))


CALLS = {
    "plain": {},
    "scale": {"scale": 0.3},
    "boolean mask": {"mask": boolean_mask()},
    "boolean mask an image": {"mask": boolean_mask(BATCH, 1)},
    "boolean mask a head": {"mask": boolean_mask(HEADS)},
    "additive mask": {"mask": additive_mask(BATCH, HEADS)},
    "additive mask of keys": {"mask": additive_mask(BATCH, 1)[..., :1, :]},
    "additive mask with minus infinity": {"mask": additive_mask().masked_fill(~boolean_mask(), -torch.inf)},
    "causal": {"is_causal": True},
    "mask and scale": {"mask": additive_mask(1, HEADS), "scale": 1.5},
}


def fused_output(query: Tensor, key: Tensor, value: Tensor, options: dict) -> Tensor:
    named = {"attn_mask" if name == "mask" else name: option for name, option in options.items()}
    return F.scaled_dot_product_attention(query, key, value, **named)


@pytest.mark.parametrize("options", CALLS.values(), ids=CALLS)
def test_weights_equal_the_loops(options: dict) -> None:
    query, key, value = operands()
    mask = options.get("mask")
    if options.get("is_causal"):
        mask = torch.ones(QUERIES, KEYS, dtype=torch.bool).tril()
    if mask is not None:
        mask = mask.broadcast_to(BATCH, HEADS, QUERIES, KEYS)
    weights = FusedWeights(query, key, value, **options).full()
    for image in range(BATCH):
        for head in range(HEADS):
            q, k = (one[image, head].double().numpy() for one in (query, key))
            expected = attention(q, k, options.get("scale"), None if mask is None else mask[image, head].numpy())
            torch.testing.assert_close(weights[image, head], torch.from_numpy(expected).float())


@pytest.mark.parametrize("bytes_at_once", [RUN, 2 * 4 * BATCH * QUERIES * KEYS, 1])
@pytest.mark.parametrize("options", CALLS.values(), ids=CALLS)
def test_rows_slices_and_output_agree_with_the_fused_call(
    options: dict, bytes_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vitxplain.capture.weights.RUN", bytes_at_once)
    query, key, value = operands()
    weights = FusedWeights(query, key, value, **options)
    full, expected = weights.full(), fused_output(query, key, value, options)
    assert weights.shape == tuple(full.shape)
    torch.testing.assert_close(full @ value, expected)
    torch.testing.assert_close(weights.rows([4, 0]), full[:, :, [4, 0]])
    for axis in (0, 1, -3):
        torch.testing.assert_close(torch.stack(list(weights.slices(axis)), axis % 4), full)
        torch.testing.assert_close(weights.output(), expected)
        with torch.no_grad():
            torch.testing.assert_close(weights.mean(axis), full.mean(axis))
        torch.testing.assert_close(weights.output(), expected)


@pytest.mark.parametrize("options", CALLS.values(), ids=CALLS)
def test_slices_read_by_several_are_worked_out_once(options: dict) -> None:
    query, key, value = operands()
    weights = FusedWeights(query, key, value, **options)
    weights.share()
    first, second = list(weights.slices(1)), list(weights.slices(1))
    assert all(one is other for one, other in zip(first, second, strict=True))
    torch.testing.assert_close(torch.stack(list(weights.slices(0))), weights.full())  # another axis
    torch.testing.assert_close(torch.stack(list(weights.slices(1)), 1), weights.full())
    torch.testing.assert_close(weights.output(), fused_output(query, key, value, options))
    assert next(weights.slices(1)) is not first[0]  # the call is over: nothing is held


def test_fewer_key_heads_than_query_heads() -> None:
    query = torch.cat([operands()[0]] * 2, 1)  # 6 heads ask 3
    _, key, value = operands()
    weights = FusedWeights(query, key, value, enable_gqa=True)
    expected = F.scaled_dot_product_attention(query, key, value, enable_gqa=True)
    torch.testing.assert_close(weights.full() @ weights.value, expected)
    assert len(list(weights.slices(1))) == 6
    torch.testing.assert_close(weights.output(), expected)


def test_a_row_with_nothing_to_attend_to_is_zero() -> None:
    query, key, value = operands()
    allowed = boolean_mask()
    allowed[2] = False
    for mask in (allowed, torch.zeros(QUERIES, KEYS).masked_fill(~allowed, -torch.inf)):
        weights = FusedWeights(query, key, value, mask=mask)
        assert weights.full()[:, :, 2].abs().max() == 0
        assert weights.rows([2]).abs().max() == 0
        torch.testing.assert_close(weights.full() @ value, F.scaled_dot_product_attention(query, key, value, mask))


def test_nan_in_the_model_is_not_taken_for_a_masked_row() -> None:
    query, key, value = operands()
    query[0, 0, 0, 0] = torch.nan
    weights = FusedWeights(query, key, value, mask=boolean_mask())
    assert weights.full()[0, 0, 0].isnan().any()


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_normalised_in_single(dtype: torch.dtype) -> None:
    query, key, value = operands(dtype)
    weights = FusedWeights(query, key, value, mask=additive_mask().to(dtype))
    assert weights.full().dtype == torch.float32
    torch.testing.assert_close(weights.full().sum(-1), torch.ones(BATCH, HEADS, QUERIES), atol=1e-6, rtol=0)
    torch.testing.assert_close(torch.stack(list(weights.slices(1)), 1), weights.full())
    assert weights.output() is None  # the model computes in half precision, and so must what takes its place


def test_no_output_until_every_slice_was_asked_for() -> None:
    weights = FusedWeights(*operands())
    assert weights.output() is None
    slices = weights.slices(1)
    next(slices)
    assert weights.output() is None
    list(slices)
    assert weights.output() is not None


def test_no_output_in_place_of_a_fused_call_with_a_graph() -> None:
    query, key, value = operands()
    weights = FusedWeights(query.requires_grad_(), key, value)
    list(weights.slices(1))
    assert weights.output() is None


@settings(max_examples=25, deadline=None)
@given(
    batch=st.integers(1, 3), heads=st.integers(1, 3), queries=st.integers(1, 5), keys=st.integers(1, 5),
    channels=st.integers(1, 4), seed=st.integers(0, 1000),
)  # fmt: skip
def test_rows_sum_to_one(batch: int, heads: int, queries: int, keys: int, channels: int, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    query = torch.randn(batch, heads, queries, channels, generator=draw)
    key = torch.randn(batch, heads, keys, channels, generator=draw)
    total = FusedWeights(query, key, key).full().sum(-1)
    torch.testing.assert_close(total, torch.ones(batch, heads, queries), atol=1e-6, rtol=0)


@pytest.mark.parametrize("weights", [FusedWeights(*operands()), ExplicitWeights(torch.rand(2, 3, 5, 7), torch.rand(2))])
def test_every_way_of_asking_gives_the_same(weights: Weights) -> None:
    full = weights.full()
    assert weights.shape == tuple(full.shape)
    torch.testing.assert_close(weights.rows([3]), full[..., [3], :])
    for axis in range(2):
        torch.testing.assert_close(torch.stack(list(weights.slices(axis)), axis), full)


def test_stored_weights_are_given_in_single_precision() -> None:
    stored = torch.rand(1, 2, 3, 3).bfloat16()
    weights = ExplicitWeights(stored, torch.rand(1, 2, 3, 4).bfloat16())
    for one in (weights.full(), weights.rows([0]), *weights.slices(1)):
        assert one.dtype == torch.float32
    assert weights.output() is None
