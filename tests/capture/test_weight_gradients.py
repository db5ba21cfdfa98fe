"""Gradients of fused attention, part by part, against autograd through attention written out."""

import weakref
from collections.abc import Sequence
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from vitxplain.capture.weight_gradients import WatchedAttention, WeightGradients
from vitxplain.capture.weights import FusedWeights

QUERIES, KEYS = 5, 7
SINGLE = {"atol": 3e-6, "rtol": 3e-6}  # single precision against double
ALLOWED = torch.rand(QUERIES, KEYS, generator=torch.Generator().manual_seed(1)) > 0.4

CALLS: dict[str, dict[str, Any]] = {
    "plain": {},
    "scale": {"scale": 0.9},
    "boolean mask": {"mask": ALLOWED},
    "causal": {"is_causal": True},
    "fewer key heads": {"enable_gqa": True},
}
BIASES = {
    "one for all": (QUERIES, KEYS),
    "one a head": (4, QUERIES, KEYS),
    "one an image": (2, 1, QUERIES, KEYS),
    "one a key": (1, 1, 1, KEYS),
}


def operands(key_heads: int = 4, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    draw = torch.Generator().manual_seed(0)
    shapes = [(2, 4, QUERIES, 3), (2, key_heads, KEYS, 3), (2, key_heads, KEYS, 3)]
    return [(2 * torch.randn(shape, generator=draw)).to(dtype).requires_grad_() for shape in shapes]


def outward(dtype: torch.dtype = torch.float32, moved: Sequence[int] = range(QUERIES)) -> Tensor:
    """The gradient of the output, zero but for the queries that moved."""
    drawn = torch.randn(2, 4, QUERIES, 3, generator=torch.Generator().manual_seed(4)).to(dtype)
    return torch.zeros_like(drawn).index_copy_(2, torch.tensor(moved), drawn[:, :, moved])


def watched(inputs: list[Tensor], report: Any, **options: Any) -> Tensor:
    weights = FusedWeights(*inputs, **options)
    return WatchedAttention.apply(weights.query, weights.key, weights.value, weights.mask, weights, report)


def by_autograd(inputs: list[Tensor], mask: Tensor | None, **options: Any) -> tuple[Tensor, Tensor]:
    """Weights in the graph and the output, in double precision."""
    q, k, v = (one.double() for one in inputs)
    if options.get("enable_gqa"):
        k, v = k.repeat_interleave(2, 1), v.repeat_interleave(2, 1)
    scores = q @ k.mT * options.get("scale", 3**-0.5)
    if options.get("is_causal"):
        mask = torch.ones(QUERIES, KEYS, dtype=torch.bool).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask.double()
    empty = (scores == -torch.inf).all(-1, keepdim=True)  # nothing to attend to
    weights = scores.masked_fill(empty, 0).softmax(-1).masked_fill(empty, 0)
    weights.retain_grad()
    return weights, weights @ v


def ignored(gradients: WeightGradients) -> None:
    """A watcher that looks at nothing."""


def check(
    inputs: list[Tensor],
    mask: Tensor | None,
    options: dict[str, Any],
    moved: Sequence[int] = range(QUERIES),
    **tolerance: float,
) -> None:
    found: list[Tensor] = []
    products: list[tuple[int, Tensor]] = []

    def report(gradients: WeightGradients) -> None:
        found.append(gradients.full())
        for axis in (1, 0, -3):  # the last one asked for serves the gradients of the inputs
            parts = list(gradients.slices(axis))
            found.append(torch.stack([part[1] for part in parts], axis % 4))

    def multiply(gradients: WeightGradients) -> None:
        # The second reader along an axis finds them as the first one did.
        products.extend((axis, gradients.positive_products(axis)) for axis in (0, 1, 1))

    wanted = [*inputs, *([mask] if mask is not None and mask.requires_grad else [])]
    weights, expected = by_autograd(inputs, mask, **options)
    expected_gradients = torch.autograd.grad(expected, [*wanted, weights], outward(moved=moved).double())
    for reporter in (report, multiply, ignored):
        output = watched(inputs, reporter, **options, **({} if mask is None else {"mask": mask}))
        torch.testing.assert_close(output.double(), expected.detach(), **tolerance)
        gradients = torch.autograd.grad(output, wanted, outward(output.dtype, moved))
        for one, other in zip(gradients, expected_gradients, strict=False):
            torch.testing.assert_close(one.double(), other.double(), **tolerance)
    assert len(found) == 4
    assert len(products) == 3
    for one in found:
        assert one.dtype == torch.float32
        torch.testing.assert_close(one.double(), expected_gradients[-1], **tolerance)
    for axis, one in products:
        positive = (weights.detach() * expected_gradients[-1]).relu().mean(axis)
        torch.testing.assert_close(one.double(), positive, **tolerance)


@pytest.mark.parametrize("options", CALLS.values(), ids=CALLS)
def test_equal_to_autograd(options: dict[str, Any]) -> None:
    options = dict(options)
    mask = options.pop("mask", None)
    check(operands(2 if options.get("enable_gqa") else 4), mask, options, **SINGLE)


@pytest.mark.parametrize("learned", [False, True], ids=["fixed", "learned"])
@pytest.mark.parametrize("shape", BIASES.values(), ids=BIASES)
def test_additive_masks_of_any_shape_and_their_own_gradient(shape: tuple[int, ...], learned: bool) -> None:
    mask = torch.randn(shape, generator=torch.Generator().manual_seed(5)).requires_grad_(learned)
    check(operands(), mask, {}, **SINGLE)


@pytest.mark.parametrize("bytes_at_once", [1, 2 * 4 * 2 * KEYS, 2 * 4 * 2 * QUERIES * KEYS])
def test_heads_in_runs_of_any_length(monkeypatch: pytest.MonkeyPatch, bytes_at_once: int) -> None:
    monkeypatch.setattr("vitxplain.capture.weights.RUN", bytes_at_once)
    monkeypatch.setattr("vitxplain.capture.weight_gradients.TILE", bytes_at_once)
    mask = torch.randn(1, QUERIES, KEYS, generator=torch.Generator().manual_seed(5)).requires_grad_()
    check(operands(), mask, {}, **SINGLE)
    check(operands(), None, {}, **SINGLE)


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.tuples(*(st.integers(1, most) for most in (3, 4, 9, 6))),
    heads_first=st.booleans(),
    tile=st.integers(1, 600),
    form=st.sampled_from(["none", "boolean", "additive"]),
    seed=st.integers(0, 1000),
)
def test_tiles_of_any_size(sizes: tuple[int, ...], heads_first: bool, tile: int, form: str, seed: int) -> None:
    """From one query of one head to all at once; the last tile may be shorter, and a query may see no key."""
    batch, heads, queries, keys = sizes
    axis, leading = (0, (heads, batch)) if heads_first else (1, (batch, heads))
    draw = torch.Generator().manual_seed(seed)
    inputs = [torch.randn(*leading, tokens, 3, generator=draw).requires_grad_() for tokens in (queries, keys, keys)]
    allowed = torch.rand(*leading, queries, keys, generator=draw) > 0.5
    bias = torch.randn(queries, keys, generator=draw).masked_fill(~allowed[0, 0], -torch.inf)
    mask = {"none": None, "boolean": allowed, "additive": bias}[form]
    found: list[Tensor] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vitxplain.capture.weight_gradients.TILE", tile)
        output = watched(inputs, lambda gradients: found.append(gradients.positive_products(axis)), mask=mask)
        outward_gradient = torch.randn(output.shape, generator=draw)
        gradients = torch.autograd.grad(output, inputs, outward_gradient)
    weights, expected = by_autograd(inputs, mask)
    *slow, of_weights = torch.autograd.grad(expected, [*inputs, weights], outward_gradient.double())
    torch.testing.assert_close(found[0].double(), (weights.detach() * of_weights).relu().mean(axis), **SINGLE)
    for one, other in zip(gradients, slow, strict=True):
        torch.testing.assert_close(one, other, check_dtype=False, **SINGLE)


@pytest.mark.parametrize("moved", [[0], [1, 4]])
def test_queries_that_do_not_move_change_nothing(moved: list[int]) -> None:
    mask = torch.randn(4, QUERIES, KEYS, generator=torch.Generator().manual_seed(5)).requires_grad_()
    check(operands(), mask, {}, moved, **SINGLE)


def multiplied(inputs: list[Tensor], moved: Sequence[int] = range(QUERIES)) -> int:
    """How many multiplications the backward pass takes."""
    output = watched(inputs, ignored)
    with FlopCounterMode(display=False) as counter:
        torch.autograd.grad(output, [one for one in inputs if one.requires_grad], outward(moved=moved))
    return counter.get_total_flops()


def test_what_nobody_needs_is_not_multiplied() -> None:
    every, of_query = operands(), [operands()[0], *(one.detach() for one in operands()[1:])]
    one_product = 2 * 2 * 4 * QUERIES * KEYS * 3
    assert multiplied(every) == 5 * one_product  # A, dA and the inputs' three
    assert multiplied(of_query) == 3 * one_product
    assert multiplied(every, moved=[0]) == 5 / QUERIES * one_product


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 4e-2), (torch.float16, 5e-3)])
def test_half_precision(dtype: torch.dtype, tolerance: float) -> None:
    mask = torch.randn(4, QUERIES, KEYS, generator=torch.Generator().manual_seed(5)).to(dtype)
    check(operands(dtype=dtype), mask, {}, atol=tolerance * 4, rtol=tolerance)


def test_a_row_with_nothing_to_attend_to_gets_and_gives_no_gradient() -> None:
    inputs = operands()
    allowed = ALLOWED.index_fill(0, torch.tensor(2), False)
    output = watched(inputs, ignored, mask=allowed)
    query, _, _ = torch.autograd.grad(output, inputs, outward())
    assert output[:, :, 2].abs().max() == 0
    assert query[:, :, 2].abs().max() == 0
    assert query.isfinite().all()


def test_only_one_head_is_there_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitxplain.capture.weights.RUN", 1)  # as of layers with many tokens
    inputs = operands()
    heads: list[int] = []

    def report(gradients: WeightGradients) -> None:
        before: list[weakref.ref] = []
        for weights, gradient in gradients.slices(1):
            heads.append(weights.dim())
            assert all(one() is None for one in before[:-2])  # the loop's own names still hold the last pair
            before += [weakref.ref(weights), weakref.ref(gradient)]

    torch.autograd.grad(watched(inputs, report), inputs, outward())
    assert heads == [3] * 4


def test_the_output_is_the_fused_call_s_own() -> None:
    """Bit by bit: what follows in the model sees no difference."""
    inputs = operands()
    with torch.no_grad():
        assert torch.equal(watched(inputs, ignored), F.scaled_dot_product_attention(*inputs))
