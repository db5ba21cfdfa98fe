import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.explainers.records import random_attention, random_gradients, record, run
from tests.oracles import relevance as oracle
from vitxplain.errors import OptionError
from vitxplain.explainers.base import AttentionExplainer
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.gradient_rollout import GradientRollout
from vitxplain.grid import TokenGrid

CLASS_TOKEN = TokenGrid(2, 3, 1)
METHODS = [(GradientAttention, oracle.gradient_attention), (GradientRollout, oracle.gradient_rollout)]


@pytest.mark.parametrize(
    "grid",
    [CLASS_TOKEN, TokenGrid(2, 3, 2, readout=(0, 1)), TokenGrid(3, 2, 4), TokenGrid(3, 2)],
    ids=["class", "distilled", "registers", "pooled"],
)
@pytest.mark.parametrize("start_layer", [0, 1])
@pytest.mark.parametrize(("method", "slow"), METHODS)
def test_equals_whole_matrix_products(method: type, slow: object, start_layer: int, grid: TokenGrid) -> None:
    tokens = grid.num_tokens
    layers = [random_attention(2, 3, tokens, tokens, seed=seed) for seed in range(3)]
    gradients = [random_gradients(2, 3, tokens, tokens, seed=10 + seed) for seed in range(3)]
    result = run(method(start_layer=start_layer), layers, grid, gradients)
    for image in range(2):
        expected = slow(
            [one[image].double().numpy() for one in layers],
            [one[image].double().numpy() for one in gradients],
            grid.readout_tokens,
            grid.num_prefix_tokens,
            grid.rows,
            grid.columns,
            start_layer,
        )
        torch.testing.assert_close(result[image], torch.from_numpy(expected).float())


@pytest.mark.parametrize("method", [GradientAttention(), GradientRollout()])
def test_negative_gradients_carry_nothing(method: AttentionExplainer) -> None:
    layers = [random_attention(1, 2, 7, 7, seed=seed) for seed in range(2)]
    gradients = [-random_gradients(1, 2, 7, 7).abs()] * 2
    assert run(method, layers, CLASS_TOKEN, gradients).abs().max() == 0


def test_one_layer_is_the_positive_part_of_gradient_times_attention() -> None:
    attention, gradient = torch.tensor([[0.5, 0.2, 0.3]]), torch.tensor([[9.0, 2.0, -1.0]])
    grid = TokenGrid(1, 2, 1)
    weights = torch.cat([attention, torch.eye(3)[1:]])[None, None]
    gradients = torch.cat([gradient, torch.zeros(2, 3)])[None, None]
    result = run(GradientAttention(), [weights], grid, [gradients])
    torch.testing.assert_close(result, torch.tensor([[[0.4, 0.0]]]))


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(0.1, 10), seed=st.integers(0, 1000))
def test_relevance_of_one_layer_scales_with_the_logit(factor: float, seed: int) -> None:
    attention, gradients = random_attention(1, 2, 7, 7, seed=seed), random_gradients(1, 2, 7, 7, seed=seed)
    method = GradientAttention()
    scaled = run(method, [attention], CLASS_TOKEN, [gradients * factor])
    torch.testing.assert_close(scaled, run(method, [attention], CLASS_TOKEN, [gradients]) * factor)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), scale=st.floats(0, 100))
def test_shares_of_gradient_rollout_sum_to_one(seed: int, scale: float) -> None:
    grid = TokenGrid(2, 3)
    layers = [random_attention(2, 2, 6, 6, seed=seed + i) for i in range(3)]
    gradients = [random_gradients(2, 2, 6, 6, seed=seed + i) * scale for i in range(3)]
    total = run(GradientRollout(), layers, grid, gradients).sum((1, 2))
    torch.testing.assert_close(total, torch.ones(2), atol=1e-6, rtol=0)


@pytest.mark.parametrize("method", [GradientAttention(), GradientRollout()])
def test_permuted_patches_permute_the_map_and_images_stand_alone(method: AttentionExplainer) -> None:
    layers = [random_attention(3, 2, 7, 7, seed=seed) for seed in range(2)]
    gradients = [random_gradients(3, 2, 7, 7, seed=seed) for seed in range(2)]
    plain = run(method, layers, CLASS_TOKEN, gradients).flatten(1)
    patches = [4, 2, 0, 5, 1, 3]
    tokens = [0, *(1 + patch for patch in patches)]
    both = [[one[:, :, tokens][..., tokens] for one in some] for some in (layers, gradients)]
    permuted = run(method, both[0], CLASS_TOKEN, both[1]).flatten(1)
    torch.testing.assert_close(permuted, plain[:, patches])
    alone = run(method, [one[[1]] for one in layers], CLASS_TOKEN, [one[[1]] for one in gradients])
    torch.testing.assert_close(alone.flatten(1), plain[[1]])


@pytest.mark.parametrize("method", [GradientAttention, GradientRollout])
@pytest.mark.usefixtures("unchecked")
def test_bad_start_layers_are_refused(method: type) -> None:
    for value in (-1, 1.5, "first", True):
        with pytest.raises(OptionError, match=r"start_layer .* whole number of at least 0"):
            method(start_layer=value)
    with pytest.raises(OptionError, match="start_layer 1 does not exist"):
        run(method(start_layer=1), [random_attention(1, 1, 7, 7)], CLASS_TOKEN, [random_gradients(1, 1, 7, 7)])


def test_a_pass_without_gradients_says_what_to_name() -> None:
    with pytest.raises(ValueError, match="attention_gradients"):
        GradientAttention().keep(record(random_attention(1, 1, 7, 7), CLASS_TOKEN))
