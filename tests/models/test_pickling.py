"""Models, methods and explanations travel to other processes: workers that are spawned, and those of a fork server."""

import copy
import pickle
from multiprocessing import get_context

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

from vitxplain import Explanation, explain, load_model
from vitxplain.models.vision_model import VisionModel

IMAGE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 56, 3), np.uint8))


def small_vit() -> nn.Module:
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    return ViTForImageClassification(ViTConfig(**sizes, image_size=32, patch_size=8, num_labels=3)).eval()


def small_cnn() -> nn.Module:
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3)
    return nn.Sequential(*layers).eval()


def shrunk(image: Image.Image) -> Tensor:
    """A processor of the user's own."""
    return torch.from_numpy(np.array(image.resize((32, 32)))).permute(2, 0, 1) / 255


def stated(name: str) -> VisionModel:
    if name == "statistics, another size":
        return load_model(small_vit(), mean=0.5, std=0.5, size=48)
    if name == "a processor of transformers":
        return load_model(small_vit(), processor=ViTImageProcessorPil(size={"height": 32, "width": 32}))
    if name == "the same, resized":
        return load_model(small_vit(), processor=ViTImageProcessorPil(), image_size=(32, 48))
    return load_model(small_cnn(), processor=shrunk)


@pytest.mark.parametrize(
    "name", ["statistics, another size", "a processor of transformers", "the same, resized", "a function"]
)
def test_a_model_gives_the_same_map_after_pickling_and_after_copying(name: str) -> None:
    model = stated(name)
    expected = explain(model, IMAGE)
    for again in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
        explanation = pickle.loads(pickle.dumps(explain(again, IMAGE)))
        np.testing.assert_array_equal(explanation.values, expected.values)
        assert explanation.prediction == expected.prediction


def test_what_was_found_of_a_model_does_not_travel() -> None:
    model = stated("a function")
    fresh = len(pickle.dumps(model))
    model.probe()
    assert len(pickle.dumps(model)) == fresh


def explained(model: VisionModel) -> Explanation:
    return explain(model, IMAGE)


@pytest.mark.slow
def test_workers_that_are_spawned_explain_as_we_do() -> None:
    model = load_model("demo-vit")
    with get_context("spawn").Pool(2) as pool:
        explanations = pool.map(explained, [model, model])
    expected = explain(model, IMAGE).values
    assert all(np.array_equal(explanation.values, expected) for explanation in explanations)
