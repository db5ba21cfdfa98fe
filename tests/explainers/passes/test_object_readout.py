"""Attention methods of a detector whose queries are tokens: the token of the explained object is read."""

import numpy as np
import pytest
import torch
import transformers

from tests.oracles import relevance as oracle
from vitxplain import explain, load_model
from vitxplain.models.vision_model import VisionModel

IMAGES = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(1))


@pytest.fixture(scope="module")
def yolos() -> VisionModel:
    torch.manual_seed(0)
    config = transformers.YolosConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=[32, 32],
        patch_size=8,
        num_detection_tokens=5,
        num_labels=3,
    )
    module = transformers.YolosForObjectDetection(config).eval()
    for parameter in module.parameters():  # as it is made, all queries are alike
        torch.nn.init.normal_(parameter, std=0.4)
    return load_model(module, mean=0.5, std=0.5, size=32)


def test_gradient_attention_is_read_from_the_token_of_the_object(yolos: VisionModel) -> None:
    first, second = explain(yolos, IMAGES[0], "gradient-attention", target=["object:0", "object:1"], min_score=0)
    assert first.values.max() > 0
    for made, detected in zip((first, second), first.detections, strict=False):
        yolos.module.set_attn_implementation("eager")
        outputs = yolos.module(IMAGES[:1], output_attentions=True)
        score = outputs.logits[0, detected.query, detected.index]
        gradients = torch.autograd.grad(score, outputs.attentions)
        yolos.module.set_attn_implementation("sdpa")
        layers = [[one[0].detach().double().numpy() for one in tensors] for tensors in (outputs.attentions, gradients)]
        expected = oracle.gradient_attention(*layers, [1 + 16 + detected.query], 1, 4, 4)
        np.testing.assert_allclose(made.values, expected, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("method", ["gradient-attention", "affinity-attention"])
def test_each_image_of_a_batch_is_read_from_its_own_object(yolos: VisionModel, method: str) -> None:
    targets = [["object:0", "object:3"], ["object:2"]]
    together = explain(yolos, IMAGES, method, target=targets, min_score=0)
    assert together[0][0].detections[0].query != together[1][0].detections[2].query  # or the test shows nothing
    for image, own, of_image in zip(IMAGES, targets, together, strict=True):
        for target, made in zip(own, of_image, strict=True):
            alone = explain(yolos, image, method, target=target, min_score=0)
            assert (made.target.index, made.target.label) == (alone.target.index, alone.target.label)
            assert made.target.box == pytest.approx(alone.target.box, abs=1e-4)  # pixels
            np.testing.assert_allclose(made.values, alone.values, rtol=1e-4, atol=1e-8)
