"""Gradient x activation against the loops, and which level of a detector's neck it takes."""

import numpy as np
import pytest
import torch
import transformers
from torch.nn import functional as F

from tests.explainers import tiny
from tests.oracles import cam as oracle
from tests.sweeps.detector_models import SIZE, detector
from vitxplain import explain, load_model
from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_activation import GradientActivation
from vitxplain.explainers.passes.fit import auto_method
from vitxplain.explainers.passes.layer_activation import joined
from vitxplain.models.vision_model import VisionModel


def layer(rows: int, columns: int, seed: int = 0, channels: int = 5) -> LayerActivation:
    draw = torch.Generator().manual_seed(seed)
    values, gradient = (torch.randn(2, channels, rows, columns, generator=draw) for _ in range(2))
    return LayerActivation(f"stage{seed}", values, gradient)


def slowly(of: LayerActivation, image: int, relu: bool = False) -> np.ndarray:
    assert of.gradient is not None
    return oracle.gradient_activation(of.values[image].double().numpy(), of.gradient[image].double().numpy(), relu)


@pytest.mark.parametrize("relu", [False, True])
def test_it_equals_the_loops(relu: bool):
    one = layer(3, 4)
    result = GradientActivation(relu=relu).attribute(one)
    for image in range(2):
        np.testing.assert_allclose(result[image], slowly(one, image, relu), rtol=1e-4, atol=1e-6)
    assert (result.min() >= 0) == relu


def test_each_image_has_the_level_with_its_highest_place():
    fine, coarse = layer(4, 6, 1), layer(2, 3, 2)
    values = fine.values.clone()
    values[1] *= 100  # of the second image the fine level is the stronger one
    coarse = LayerActivation("coarse", coarse.values * 10, coarse.gradient)
    fine = LayerActivation("fine", values, fine.gradient)
    result = GradientActivation().attribute(joined([fine, coarse]))
    np.testing.assert_allclose(result[1], slowly(fine, 1), rtol=1e-4, atol=1e-5)
    spread = F.interpolate(torch.from_numpy(slowly(coarse, 0))[None, None], (4, 6), mode="bilinear")[0, 0] / 4
    np.testing.assert_allclose(result[0], spread, rtol=1e-4, atol=1e-5)


def test_layers_of_one_size_are_channels_of_one_map():
    first, second = layer(3, 4, 1), layer(3, 4, 2, channels=2)
    result = GradientActivation().attribute(joined([first, second]))
    np.testing.assert_allclose(result[0], slowly(first, 0) + slowly(second, 0), rtol=1e-4, atol=1e-5)


def test_of_a_classifier_it_sums_to_gradient_times_activation():
    model, images = tiny.load(tiny.resnet_module), tiny.images(2)
    mine = GradientActivation().explain(model, images, 3)
    pooled = GradCAM().explain(model, images, 3)  # global average pooling: the gradient is the same at each place
    torch.testing.assert_close(mine, pooled, rtol=1e-4, atol=1e-6)


@pytest.fixture(scope="module")
def model() -> VisionModel:
    return load_model(detector("RTDetrForObjectDetection"), mean=0.5, std=0.5, size=SIZE)


def test_all_levels_of_a_neck_are_found_and_no_row_of_queries(model: VisionModel):
    probe = model.probe()
    layers = [model.module.get_submodule(name) for name in (probe.cam_layer, *probe.cam_branches)]
    assert all("decoder.layers" not in name and "embed" not in name for name in (probe.cam_layer, *probe.cam_branches))
    assert len(layers) == 3  # strides of 8, 16 and 32
    assert auto_method(model) == "gradient-activation"


def test_objects_of_one_image_have_maps_of_their_own(model: VisionModel):
    image = (np.random.default_rng(0).random((*SIZE, 3)) * 255).astype(np.uint8)
    first, second = explain(model, image, target=["object:0", "object:1"], min_score=0.0)
    assert first.method == "gradient-activation"
    assert first.values.shape == (8, 12)
    assert not np.allclose(first.values, second.values)
    assert first.options["layer"].count(" + ") == 2


def test_a_segmenter_gives_features_and_not_its_map_of_classes():
    torch.manual_seed(0)
    sizes = {"image_size": 32, "patch_size": 8, "hidden_size": 16, "intermediate_size": 32, "fusion_hidden_size": 8}
    layers = {"num_hidden_layers": 4, "num_attention_heads": 2, "backbone_out_indices": [0, 1, 2, 3]}
    config = transformers.DPTConfig(
        neck_hidden_sizes=[8] * 4, use_auxiliary_head=False, num_labels=5, **sizes, **layers
    )
    network = transformers.DPTForSemanticSegmentation(config).eval()
    model = load_model(network, mean=0.5, std=0.5, size=(32, 32))
    layer = model.module.get_submodule(model.probe().cam_layer or "")
    assert model.task.name == "image-segmentation"
    assert not (isinstance(layer, torch.nn.Conv2d) and layer.out_channels == 5)
    assert model.probe().cam_layer == "head.head.2"
