import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.explainers.records import random_attention, run
from tests.oracles.distance import mean_distance, mean_entropy
from vitxplain.errors import OptionError
from vitxplain.explainers.head_distance import HeadDistance, attention_entropy, is_local, patch_distances
from vitxplain.grid import TokenGrid


@pytest.mark.parametrize(
    ("rows", "patch", "pixels"), [(14, 16, 116.4922), (7, 16, 57.7514), (7, 32, 115.5029), (24, 16, 200.0480)]
)
def test_uniform_attention_has_the_mean_distance_of_the_grid(rows: int, patch: int, pixels: float) -> None:
    grid = TokenGrid(rows, rows, patch_size=(float(patch), float(patch)))
    uniform = torch.full((1, 1, rows * rows, rows * rows), 1 / rows**2)
    assert run(HeadDistance(), [uniform], grid).item() == pytest.approx(pixels, abs=1e-4)


@pytest.mark.parametrize(("renormalise", "pixels"), [(True, 116.4922), (False, 115.9009)])
def test_the_class_tokens_share_counts_only_when_asked(renormalise: bool, pixels: float) -> None:
    grid = TokenGrid(14, 14, 1, patch_size=(16.0, 16.0))
    uniform = torch.full((1, 1, 197, 197), 1 / 197)
    assert run(HeadDistance(renormalise=renormalise), [uniform], grid).item() == pytest.approx(pixels, abs=1e-4)


def test_attention_to_oneself_has_no_distance_and_no_entropy() -> None:
    grid = TokenGrid(3, 4, 2, 1, (16.0, 8.0))
    identity = torch.eye(15).expand(2, 3, 15, 15)
    assert run(HeadDistance(), [identity] * 2, grid).tolist() == torch.zeros(2, 2, 3).tolist()
    assert run(HeadDistance(statistic="entropy"), [identity], grid).abs().max() == 0


@pytest.mark.parametrize("renormalise", [True, False])
def test_equals_the_loops(renormalise: bool) -> None:
    grid = TokenGrid(3, 4, 2, 1, (16.0, 8.0))  # neither the grid nor the patches are square
    layers = [random_attention(2, 3, 15, 15, seed=seed) for seed in range(2)]
    distance = run(HeadDistance(renormalise=renormalise), layers, grid)
    entropy = run(HeadDistance("entropy", renormalise), layers, grid)
    assert distance.shape == entropy.shape == (2, 2, 3)
    for image in range(2):
        for layer in range(2):
            for head in range(3):
                weights = layers[layer][image, head].double().numpy()
                pixels = mean_distance(weights, 2, 3, 4, (16, 8), renormalise)
                nats = mean_entropy(weights, 2, 12, renormalise)
                assert distance[image, layer, head].item() == pytest.approx(pixels, rel=1e-5)
                assert entropy[image, layer, head].item() == pytest.approx(nats, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(
    rows=st.integers(1, 5), columns=st.integers(1, 5), height=st.floats(1, 32), width=st.floats(1, 32),
    seed=st.integers(0, 1000),
)  # fmt: skip
def test_distance_lies_within_the_grid(rows: int, columns: int, height: int, width: int, seed: int) -> None:
    grid = TokenGrid(rows, columns, patch_size=(height, width))
    attention = random_attention(2, 2, grid.num_tokens, grid.num_tokens, seed=seed)
    distance = run(HeadDistance(), [attention], grid)
    assert (distance >= 0).all()
    assert (distance <= math.hypot((rows - 1) * height, (columns - 1) * width) + 1e-4).all()
    doubled = TokenGrid(rows, columns, patch_size=(2 * height, 2 * width))
    torch.testing.assert_close(run(HeadDistance(), [attention], doubled), 2 * distance)
    torch.testing.assert_close(run(HeadDistance(), [attention[[1]]], grid), distance[[1]])


def test_entropy_of_uniform_attention_is_the_logarithm() -> None:
    assert attention_entropy(torch.full((1, 8), 1 / 8)).item() == pytest.approx(math.log(8))


def test_attention_that_goes_to_prefix_tokens_alone_is_zero() -> None:
    weights = torch.zeros(1, 1, 7, 7)
    weights[..., 0] = 1.0
    for method in (HeadDistance(), HeadDistance("entropy")):
        assert run(method, [weights], TokenGrid(2, 3, 1)).item() == 0


def test_distances_are_between_patches_in_row_order() -> None:
    distances = patch_distances(TokenGrid(2, 3, 1, patch_size=(4.0, 3.0)))
    assert distances[0].tolist() == [0, 3, 6, 4, 5, pytest.approx(math.hypot(4, 6))]


def test_local_heads_look_nearer_than_half_the_uniform_distance() -> None:
    grid = TokenGrid(14, 14, patch_size=(16.0, 16.0))
    assert is_local(torch.tensor([0.0, 58.2, 58.3, 116.5]), grid).tolist() == [True, True, False, False]
    assert is_local(torch.tensor([58.3]), grid, share=0.6).tolist() == [True]


@pytest.mark.usefixtures("unchecked")
def test_unknown_statistics_are_refused() -> None:
    with pytest.raises(OptionError, match="statistic is 'variance'; it takes distance or entropy"):
        HeadDistance(statistic="variance")
    with pytest.raises(OptionError, match="renormalise is 2; it takes True or False"):
        HeadDistance(renormalise=2)
