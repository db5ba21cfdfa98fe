"""Against the definition, by loops on a second, eager model; and what sharing must and must not do."""

import numpy as np
import pytest
import torch

from tests.explainers import tiny
from tests.explainers.records import random_attention, random_gradients, record, run
from vitxplain.errors import OptionError
from vitxplain.explainers.affinity_attention import AffinityAttention, among_themselves, shared
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.grid import TokenGrid


def scaled(values: np.ndarray) -> np.ndarray:
    return (values - values.min()) / values.max()


def slow(pixel_values: torch.Tensor, target: int, share: float) -> np.ndarray:
    """One image, one patch after the other."""
    module = tiny.vit_module("eager")
    values: list[torch.Tensor] = []
    for layer in module.vit.layers:
        layer.attention.v_proj.register_forward_hook(lambda *call: values.append(call[2][0]))
    found = module(pixel_values, output_attentions=True)
    gradients = torch.autograd.grad(found.logits[0, target], found.attentions)
    relevance = np.eye(16)
    for attention, gradient in zip(found.attentions, gradients, strict=True):
        relevance = relevance + (attention * gradient)[0].relu().mean(0).detach().double().numpy() @ relevance
    own = relevance[0, 1:]
    given = np.zeros(15)
    for one in range(15):
        cosines = [
            np.mean([torch.cosine_similarity(layer[1 + one], layer[1 + other], dim=0).item() for layer in values])
            for other in range(15)
        ]
        weights = np.exp(np.array(cosines) / 0.5)
        given[one] = np.dot(weights, own) / weights.sum()
    return ((1 - share) * scaled(own) + share * scaled(given)).reshape(3, 5)


@pytest.mark.parametrize("share", [0.0, 0.9, 1.0])
def test_equals_the_definition(share: float) -> None:
    images = tiny.images(2)
    found = AffinityAttention(share=share, views=1).explain(tiny.load(tiny.vit_module), images, 2)
    for image in range(2):
        expected = torch.from_numpy(slow(images[[image]], 2, share)).float()
        torch.testing.assert_close(found[image], expected, atol=1e-4, rtol=1e-3)


def test_without_sharing_it_is_gradient_attention() -> None:
    grid = TokenGrid(2, 3, 1)
    layers = [random_attention(2, 3, 7, 7, seed=seed) for seed in range(3)]
    gradients = [random_gradients(2, 3, 7, 7, seed=10 + seed) for seed in range(3)]
    expected = run(GradientAttention(start_layer=1), layers, grid, gradients)
    expected = torch.stack([torch.from_numpy(scaled(one.numpy())) for one in expected])
    torch.testing.assert_close(run(AffinityAttention(0, 1), layers, grid, gradients), expected)


@pytest.mark.parametrize("readout", [(), (0,)], ids=["mean of patches", "attention pooling"])
def test_pooled_models_without_sharing(readout: tuple[int, ...]) -> None:
    """Of a mean over patches, and of a layer of one learned query, no even share is left."""
    grid = TokenGrid(2, 3)
    layers = [random_attention(1, 2, 6, 6, seed=seed) for seed in range(2)]
    gradients = [random_gradients(1, 2, 6, 6, seed=10 + seed) for seed in range(2)]
    if readout:
        layers.append(random_attention(1, 2, 1, 6, seed=3))
        gradients.append(random_gradients(1, 2, 1, 6, seed=13))
    expected = run(GradientAttention(), layers, grid, gradients)[0].numpy() - (0 if readout else 1 / 6)
    found = run(AffinityAttention(0), layers, grid, gradients)[0]
    torch.testing.assert_close(found, torch.from_numpy(scaled(expected)).float())


def test_relevance_goes_to_patches_that_are_alike() -> None:
    """Two things of three patches, and evidence in one patch of the first."""
    cosine = torch.block_diag(torch.ones(3, 3), torch.ones(3, 3))[None]
    found = shared(torch.tensor([[1.0, 0, 0, 0, 0, 0]]), cosine)[0]
    torch.testing.assert_close(found[:3], found[0].expand(3))
    torch.testing.assert_close(found[0] / found[3], torch.tensor(2.0).exp())
    torch.testing.assert_close(shared(torch.rand(1, 6), torch.ones(1, 6, 6)).std(), torch.tensor(0.0))


def test_no_evidence_is_no_map() -> None:
    attention = random_attention(1, 2, 7, 7)
    found = run(AffinityAttention(), [attention], TokenGrid(2, 3, 1), [-random_gradients(1, 2, 7, 7).abs()])
    assert found.abs().max() == 0


def test_values_in_an_unknown_order_are_replaced_by_who_attends_to_a_patch() -> None:
    grid, method = TokenGrid(2, 3, 1), AffinityAttention()
    one = record(random_attention(1, 2, 7, 7), grid, gradients=random_gradients(1, 2, 7, 7))
    one.source.value = one.source.value.flatten()
    assert one.values is None
    kept = method.keep(one)
    assert kept.shape == (1, 14, 7)
    columns = torch.nn.functional.normalize(one.fuse_heads("mean")[0].T, dim=-1)
    torch.testing.assert_close(kept[0, 7:], columns @ columns.T)
    assert method.combine([kept], grid).std() > 0


def test_class_attention_that_only_reads_the_patches() -> None:
    grid, method = TokenGrid(2, 3, 1), AffinityAttention()
    one = record(random_attention(1, 2, 1, 7), grid, gradients=random_gradients(1, 2, 1, 7).abs())
    assert method.keep(one).shape == (1, 8, 7)
    assert method.combine([method.keep(one)], grid).shape == (1, 2, 3)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("views", [0, 3, 1.5, True])
def test_views_are_one_or_two(views: object) -> None:
    with pytest.raises(OptionError, match="views .* 1 or 2"):
        AffinityAttention(views=views)  # type: ignore[arg-type]


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("share", [-0.1, 1.1, "half", True])
def test_bad_shares_are_refused(share: object) -> None:
    with pytest.raises(OptionError, match="share .* from 0 to 1"):
        AffinityAttention(share=share)  # type: ignore[arg-type]


@pytest.mark.parametrize("tokens", [1, 4, 7])
def test_the_inner_products_of_blocks_are_those_of_all(monkeypatch: pytest.MonkeyPatch, tokens: int) -> None:
    monkeypatch.setattr("vitxplain.explainers.affinity_attention.BLOCK", 2)
    vectors = torch.randn(2, tokens, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(among_themselves(vectors), vectors @ vectors.transpose(1, 2))
