"""A trained model and a photograph: fused attention against a second, eager instance and whole matrices in float64."""

from pathlib import Path

import pytest
import torch
import transformers
from PIL.Image import Image
from torch import Tensor

from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.models.loading.load import load_model
from vitxplain.tasks.base import LOGITS

pytestmark = pytest.mark.real


def eager(folder: Path, pixels: Tensor, target: int) -> tuple[list[Tensor], list[Tensor]]:
    """(head, token, token) of every layer, and the gradient of the target's logit, in float64."""
    model = transformers.AutoModelForImageClassification.from_pretrained(folder, attn_implementation="eager")
    output = model.double().eval()(pixels.double(), output_attentions=True)
    gradients = torch.autograd.grad(output.logits[0, target], output.attentions)
    return [one[0].detach() for one in output.attentions], [one[0] for one in gradients]


def relative_error(result: Tensor, expected: Tensor) -> float:
    return ((result - expected).abs().max() / expected.abs().max()).item()


def test_methods_on_a_photograph_equal_whole_matrix_products(deit_tiny: Path, cat: Image) -> None:
    model = load_model(deit_tiny)
    pixels = model.processor([cat])
    target = next(index for index, name in model.labels.items() if "tabby" in name)
    found = shared_pass(model, pixels, [RawAttention(), AttentionRollout(), GradientAttention()], target)
    raw, rollout, relevance = (one[0].double() for one in found.maps)
    assert "cat" in model.labels[found.outputs[LOGITS].argmax().item()].lower()

    attentions, gradients = eager(deit_tiny, pixels, target)
    identity = torch.eye(197).double()
    rolled, relevant = identity, identity
    for layer, (weights, gradient) in enumerate(zip(attentions, gradients, strict=True)):
        assert (raw[layer].flatten(1) - weights[:, 0, 1:]).abs().max() < 1e-5
        rolled = (0.5 * weights.mean(0) + 0.5 * identity) @ rolled
        relevant = relevant + (weights * gradient).clamp(min=0).mean(0) @ relevant
    assert relative_error(rollout.flatten(), rolled[0, 1:]) < 1e-4
    assert relative_error(relevance.flatten(), relevant[0, 1:]) < 1e-3
