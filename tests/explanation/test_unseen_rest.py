"""An input that is no multiple of the patch size: no token sees the rest, and the map does not claim it."""

import numpy as np
import pytest
import torch
from transformers import ViTConfig, ViTForImageClassification

from vitxplain import explain
from vitxplain.geometry import Geometry
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel


@pytest.fixture
def vit() -> VisionModel:
    config = ViTConfig(
        image_size=(21, 35),
        patch_size=8,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=3,
    )
    return load_model(ViTForImageClassification(config).eval(), mean=[0.5] * 3, std=[0.5] * 3, size=(21, 35))


def test_rest_of_the_input_is_unseen(vit: VisionModel) -> None:
    found = explain(vit, torch.randn(3, 21, 35), "attention-rollout")
    assert found.grid is not None
    assert (found.grid.rows, found.grid.columns) == (2, 4)
    assert found.grid.patch_size == (8.0, 8.0)
    assert found.geometry.visible == (0, 0, 16, 32)
    heat = found.heatmap()
    assert np.isnan(heat[16:]).all()
    assert np.isnan(heat[:, 32:]).all()
    assert np.isfinite(heat[:16, :32]).all()


def test_the_network_really_does_not_see_it(vit: VisionModel) -> None:
    pixels = torch.randn(3, 21, 35)
    painted = pixels.clone()
    painted[:, 16:], painted[:, :, 32:] = 9.0, 9.0
    one, two = explain(vit, pixels, "gradient-attention"), explain(vit, painted, "gradient-attention")
    np.testing.assert_array_equal(one.values, two.values)


def test_part_of_a_cropped_input() -> None:
    crop = Geometry((100, 200), (20, 40), (10.0, 20.0, 90.0, 180.0))
    assert crop.top_left(16, 32) == Geometry((100, 200), (16, 32), (10.0, 20.0, 74.0, 148.0))


def test_layer_nobody_named_is_written_down(vit: VisionModel) -> None:
    found = explain(vit, torch.randn(3, 21, 35), "grad-cam")
    assert found.options["layer"] == "vit.layers.1.layernorm_before"
