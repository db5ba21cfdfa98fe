"""Layers that do not hold all tokens: the row vector against whole matrices with the missing tokens passed through."""

import pytest
import torch

from tests.explainers.records import random_attention, random_gradients, record
from tests.oracles.relevance import positive_mean
from tests.oracles.rollout import fuse, product, read, with_residual
from vitxplain.capture.record import AttentionRecord
from vitxplain.errors import CaptureError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.grid import TokenGrid

PATCHES = TokenGrid(2, 3)
WITH_CLASS = TokenGrid(2, 3, 1, readout=(0,))


def late_class_token() -> list[AttentionRecord]:
    """ConViT: patches ask patches, then the class token joins."""
    return [
        record(random_attention(1, 2, 6, 6, seed=0), PATCHES, gradients=random_gradients(1, 2, 6, 6, seed=10)),
        record(random_attention(1, 2, 7, 7, seed=1), WITH_CLASS, gradients=random_gradients(1, 2, 7, 7, seed=11)),
    ]


def class_attention() -> list[AttentionRecord]:
    """CaiT: patches ask patches, then the class token alone asks all."""
    return [
        record(random_attention(1, 2, 6, 6, seed=0), PATCHES, gradients=random_gradients(1, 2, 6, 6, seed=10)),
        *(
            record(
                random_attention(1, 2, 1, 7, seed=seed),
                WITH_CLASS,
                kind="pooling",
                gradients=random_gradients(1, 2, 1, 7, seed=10 + seed),
            )
            for seed in (1, 2)
        ),
    ]


def embedded(small: torch.Tensor, passing: torch.Tensor) -> torch.Tensor:
    """The layer's matrix among all seven tokens; the others' rows are those of `passing`."""
    whole = passing.clone()
    queries, keys = small.shape
    first_query = 0 if queries != keys else 7 - queries
    whole[first_query : first_query + queries, 7 - keys :] = small
    return whole


@pytest.mark.parametrize("model", [late_class_token, class_attention])
def test_rollout_passes_missing_tokens_through(model) -> None:
    rolled = torch.eye(7).double().numpy()
    for one in model():
        fused = torch.from_numpy(fuse(one.weights[0].double().numpy(), "mean"))
        # A token that does not take part attends to itself alone.
        rolled = product(with_residual(embedded(fused, torch.eye(7).double()).numpy(), 0.5), rolled)
    rollout = AttentionRollout()
    result = rollout.combine([rollout.keep(one) for one in model()], WITH_CLASS)
    torch.testing.assert_close(result[0].double(), torch.from_numpy(read(rolled, (0,), 1, 2, 3)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("model", [late_class_token, class_attention])
def test_relevance_passes_missing_tokens_through(model) -> None:
    relevance = torch.eye(7).double().numpy()
    for one in model():
        small = positive_mean(one.weights[0].double().numpy(), one.gradients[0].double().numpy())
        # A token that does not take part gets nothing from others.
        whole = embedded(torch.from_numpy(small), torch.zeros(7, 7).double()).numpy()
        relevance = relevance + product(whole, relevance)
    method = GradientAttention()
    result = method.combine([method.keep(one) for one in model()], WITH_CLASS)
    expected = torch.from_numpy(read(relevance, (0,), 1, 2, 3))
    torch.testing.assert_close(result[0].double(), expected, rtol=1e-5, atol=1e-6)


def test_a_pooling_head_weighs_the_final_tokens() -> None:
    grid = TokenGrid(2, 3, 1, readout=tuple(range(7)))  # the latents ask every token
    rollout = AttentionRollout(residual_weight=1.0)  # the layers change nothing
    pooled = random_attention(2, 1, 1, 7)
    kept = [
        rollout.keep(record(random_attention(2, 1, 7, 7), grid)),
        rollout.keep(record(pooled, grid, kind="pooling")),
    ]
    torch.testing.assert_close(rollout.combine(kept, grid), pooled[:, 0, 0, 1:].view(2, 2, 3))


def test_tokens_that_fit_no_grid_are_named() -> None:
    rollout = AttentionRollout()
    kept = [rollout.keep(record(random_attention(1, 1, 5, 5), PATCHES)), torch.eye(7)[None]]
    with pytest.raises(CaptureError, match=r"5 tokens, the model's grid 7 \(2 x 3 patches, 1 before"):
        rollout.combine(kept, WITH_CLASS)


def test_several_queries_that_are_no_tokens_are_named() -> None:
    rollout = AttentionRollout()
    kept = [random_attention(1, 3, 7), torch.eye(7)[None]]
    with pytest.raises(CaptureError, match="3 queries for 7 keys"):
        rollout.combine(kept, WITH_CLASS)
