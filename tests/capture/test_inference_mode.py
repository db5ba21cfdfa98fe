"""Tensors born in inference mode, and calls made within it."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.capture.state import state
from tests.explainers import tiny
from tests.models.tiny_vit import save_tiny_vit
from vitxplain.errors import CaptureError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.models.loading.load import load_model

METHODS = [AttentionRollout(), RawAttention(), GradientAttention(), GradCAM()]


def maps(pixel_values: Tensor) -> list[Tensor]:
    return shared_pass(tiny.load(tiny.vit_module), pixel_values, METHODS, 1).maps


@pytest.mark.parametrize("methods", [METHODS, [GradCAM()], [GradientAttention()]])
def test_pixels_born_in_inference_mode(methods: list) -> None:
    with torch.inference_mode():
        born = tiny.images(2) * 1
    assert born.is_inference()
    model = tiny.load(tiny.vit_module)
    expected = shared_pass(model, tiny.images(2), methods, 1).maps
    for one, other in zip(shared_pass(model, born, methods, 1).maps, expected, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad, torch.enable_grad])
def test_whatever_mode_the_caller_is_in(mode: type) -> None:
    expected = maps(tiny.images(2))
    with mode():
        before = state(tiny.load(tiny.vit_module).module)
        found = maps(tiny.images(2))
        assert state(tiny.load(tiny.vit_module).module) == before
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)
        assert not one.requires_grad
        assert not one.is_inference()


def test_a_module_made_in_inference_mode_is_refused_by_name() -> None:
    """Autograd refuses to save its weights; torch's own message would name none of them."""
    with torch.inference_mode():
        module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 30 * 30, 2))
    with pytest.raises(CaptureError, match=r"the weights of 0 were made within torch\.inference_mode\(\)"):
        tiny.as_model(module, (32, 32))


def test_a_model_loaded_in_inference_mode(tmp_path: Path) -> None:
    folder = save_tiny_vit(tmp_path / "vit")
    with torch.inference_mode():
        model = load_model(folder)
        inside = shared_pass(model, tiny.images(1, (32, 32)), METHODS, 1).maps
    outside = shared_pass(load_model(folder), tiny.images(1, (32, 32)), METHODS, 1).maps
    for one, other in zip(inside, outside, strict=True):
        torch.testing.assert_close(one, other)
