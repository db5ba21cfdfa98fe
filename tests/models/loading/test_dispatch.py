"""A model spread by accelerate over main memory and disk gives the maps it gives in one place."""

from collections.abc import Sequence

import pytest
import torch
from torch import nn

from tests.capture.state import state
from tests.explainers import tiny
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import LOGITS

ISOTROPIC = [AttentionRollout(), GradientAttention(), GradCAM(), RawAttention()]
HIERARCHICAL = [GradCAM(), RawAttention()]


def spread(module: nn.Module, size: tuple[int, int], places: dict[str, str]) -> VisionModel:
    return load_model(module, mean=0.5, std=0.5, size=size, device=places)


def same_maps(
    spread_model: VisionModel, whole: VisionModel, methods: Sequence[Explainer], size: tuple[int, int]
) -> None:
    before = state(spread_model.module, same_objects=False)
    found = shared_pass(spread_model, tiny.images(2, size), methods, [1, 3])
    assert state(spread_model.module, same_objects=False) == before
    expected = shared_pass(whole, tiny.images(2, size), methods, [1, 3])
    torch.testing.assert_close(found.outputs[LOGITS], expected.outputs[LOGITS])
    for one, other in zip(found.maps, expected.maps, strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)


PLACES = {
    "disk and memory": {"vit.embeddings": "cpu", "vit.layers": "disk", "vit.layernorm": "disk", "classifier": "cpu"},
    "nearly all on disk": {"vit": "disk", "classifier": "cpu"},
    "layer by layer": {
        "vit.embeddings": "disk", "vit.layers.0": "cpu", "vit.layers.1": "disk", "vit.layers.2": "cpu",
        "vit.layernorm": "cpu", "classifier": "disk",
    },
}  # fmt: skip


@pytest.mark.parametrize("places", PLACES.values(), ids=PLACES)
def test_a_vision_transformer(places: dict[str, str]) -> None:
    model = spread(tiny.vit_module(), tiny.SIZE, places)
    assert any(parameter.is_meta for parameter in model.module.parameters())  # it is not all in memory
    same_maps(model, tiny.load(tiny.vit_module), ISOTROPIC, tiny.SIZE)


def test_windows_are_placed_by_gradients_through_offloaded_weights() -> None:
    model = spread(tiny.swin_module(), (32, 32), {"swin": "disk", "classifier": "cpu"})
    same_maps(model, tiny.load(tiny.swin_module), HIERARCHICAL, (32, 32))


def test_a_convolutional_network() -> None:
    model = spread(tiny.resnet_module(), tiny.SIZE, {"resnet": "disk", "classifier": "cpu"})
    same_maps(model, tiny.load(tiny.resnet_module), [GradCAM()], tiny.SIZE)
