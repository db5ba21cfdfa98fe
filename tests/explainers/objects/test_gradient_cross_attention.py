"""Chefer's rules for encoder and decoder, against eager attention with autograd in float64 and whole matrices."""

import copy

import numpy as np
import pytest
import torch

from tests.oracles import relevance as oracle
from tests.sweeps.detector_models import SIZE, detector
from vitxplain import explain, load_model
from vitxplain.explainers.objects.gradient_cross_attention import GradientCrossAttention, normalised
from vitxplain.models.vision_model import VisionModel
from vitxplain.testing import tiny_detector

IMAGE = torch.randn(3, 32, 48, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def detr() -> VisionModel:
    return tiny_detector()


def slowly(detr: VisionModel, query: int, index: int, encoder: bool) -> np.ndarray:
    """The row of the query, by the eager module in double precision."""
    module = copy.deepcopy(detr.module).double()
    module.config._attn_implementation = "eager"
    outputs = module(IMAGE[None].double(), output_attentions=True)
    layers = [("ii", one) for one in outputs.encoder_attentions] if encoder else []
    for own, cross in zip(outputs.decoder_attentions, outputs.cross_attentions, strict=True):
        layers += [("qq", own), ("qi", cross)]
    score = outputs.logits[0, query, index]
    gradients = torch.autograd.grad(score, [weights for _, weights in layers])
    calls = [
        (kind, weights[0].detach().numpy(), gradient[0].numpy())
        for (kind, weights), gradient in zip(layers, gradients, strict=True)
    ]
    return oracle.encoder_decoder(calls, 24, 6)[query].reshape(4, 6)


@pytest.mark.parametrize("encoder", [True, False])
def test_it_equals_eager_attention_and_whole_matrices(detr: VisionModel, encoder: bool) -> None:
    made = explain(detr, IMAGE, GradientCrossAttention(encoder), target=["object:0", "object:3"])
    assert made[0].values.max() > 0
    for one, number in zip(made, (0, 3), strict=True):
        found = one.detections[number]
        expected = slowly(detr, found.query, found.index, encoder)
        np.testing.assert_allclose(one.values, expected, rtol=0, atol=1e-6 * expected.max())


def test_a_frozen_model_has_the_same_map(detr: VisionModel) -> None:
    frozen = copy.deepcopy(detr.module).requires_grad_(False)
    model = load_model(frozen, mean=0.5, std=0.5, size=(32, 48))
    expected = explain(detr, IMAGE, "gradient-cross-attention", target="object:0")
    made = explain(model, IMAGE, "gradient-cross-attention", target="object:0", min_score=0)
    np.testing.assert_allclose(made.values, expected.values, rtol=1e-5)


def test_a_row_of_zeros_normalises_to_the_identity() -> None:
    rest = torch.tensor([[[0.0, 0.0, 0.0], [1.0, 0.0, 3.0], [0.0, 0.0, 0.0]]])
    expected = torch.eye(3)[None] + torch.tensor([[[0.0, 0.0, 0.0], [0.25, 0.0, 0.75], [0.0, 0.0, 0.0]]])
    torch.testing.assert_close(normalised(rest), expected)
    np.testing.assert_allclose(oracle.normalised(np.eye(3) + rest[0].double().numpy()), expected[0])


@pytest.mark.slow
def test_a_deformable_encoder_is_followed_as_its_matrices_would_be(monkeypatch: pytest.MonkeyPatch) -> None:
    import vitxplain.explainers.objects.gradient_cross_attention as method

    model = load_model(detector("DeformableDetrForObjectDetection"), mean=0.5, std=0.5, size=SIZE)
    image = torch.randn(3, *SIZE, generator=torch.Generator().manual_seed(1))
    entries = explain(model, image, "gradient-cross-attention", target="object:0", min_score=0).values
    monkeypatch.setattr(method, "DeformableGradients", type(None))  # whole matrices
    whole = explain(model, image, "gradient-cross-attention", target="object:0", min_score=0).values
    assert entries.shape == (8, 12)
    np.testing.assert_allclose(entries, whole, rtol=1e-4, atol=1e-6 * whole.max())
    output = explain(model, image, GradientCrossAttention(encoder=False), target="object:0", min_score=0).values
    assert not np.allclose(output, whole, rtol=1e-2)
