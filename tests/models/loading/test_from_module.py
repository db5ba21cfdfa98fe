"""Models in memory: left as they are, and asked for what they do not say."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from torch import nn

from tests.models.tiny_vit import tiny_vit
from vitxplain.errors import ModelLoadError, OptionError, UsageError
from vitxplain.models.loading.load import load_model
from vitxplain.models.plain_pass import check_logits

PIXELS = torch.linspace(-1, 1, 3 * 32 * 32).reshape(1, 3, 32, 32)
STATED: dict[str, Any] = {"mean": 0.5, "std": 0.5, "size": 32}


class Small(nn.Module):
    """Somebody's own network."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(channels, 4, 3), nn.BatchNorm2d(4), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(4, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(x))


def test_a_module_with_mean_std_and_size_is_left_as_it_is() -> None:
    module = Small().train()
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    model = load_model(module, **STATED)
    assert model.module is module
    assert module.training
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert model.labels == {index: f"LABEL_{index}" for index in range(5)}
    assert model.source == "Small"


def test_one_channel_means_greyscale() -> None:
    model = load_model(Small(channels=1), mean=(0.1,), std=(0.3,), size=(28, 20))
    assert model.processor([Image.new("RGB", (9, 9), (255, 255, 255))]).shape == (1, 1, 28, 20)


def test_a_single_mean_serves_as_many_channels_as_the_module_takes() -> None:
    for channels in (1, 3, 6):
        assert load_model(Small(channels), **STATED).processor.channels == channels


class Patches(nn.Module):
    """A network whose first layer, a linear one, says nothing of channels."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.head = nn.Linear(channels * 64, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(nn.functional.unfold(x, 8, stride=8).transpose(1, 2)).mean(1)


def test_the_number_of_channels_is_found_by_trial() -> None:
    assert load_model(Patches(7), **STATED).processor.channels == 7
    with pytest.raises(
        ModelLoadError, match=r"with 3 channels \(.*\); it takes 7 channels: give a float tensor \(7, height"
    ):
        load_model(Patches(7), mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), size=32)


def test_a_processor_that_normalises_its_channels_alike_serves_as_many_as_the_model_takes() -> None:
    size = {"height": 32, "width": 32}
    module = tiny_vit(num_channels=2)
    model = load_model(module, processor=transformers.ViTImageProcessorPil(size=size))
    assert model.processor([Image.new("RGB", (9, 9), (255, 255, 255))]).mean() == 1
    assert model.processor.channels == 2
    unlike = transformers.ViTImageProcessorPil(size=size, image_mean=[0.1, 0.2], image_std=[0.5, 0.25])
    white = load_model(module, processor=unlike).processor([Image.new("RGB", (9, 9), (255, 255, 255))])
    torch.testing.assert_close(white.mean((0, 2, 3)), torch.tensor([1.8, 3.2]))


def test_a_function_of_an_image_is_a_processor() -> None:
    def transform(image: Image.Image) -> torch.Tensor:
        return torch.from_numpy(np.array(image.resize((24, 16)))).permute(2, 0, 1) / 255

    assert load_model(Small(), processor=transform).processor.input_size == (16, 24)


def test_a_transformers_model_in_memory() -> None:
    module = tiny_vit()
    with pytest.raises(ModelLoadError, match="does not say how images become its input"):
        load_model(module)
    model = load_model(module, mean=0.5, std=0.5, size=32)
    assert model.module is module
    assert model.labels[2] == "newt"
    torch.testing.assert_close(model.logits(PIXELS), module(PIXELS).logits)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "does not say how images become its input"),
        ({"mean": 0.5, "std": 0.5}, "belong together"),
        ({"mean": (0.5, 0.5), "std": (1, 1), "size": 8}, "one number for each channel"),
        ({"mean": 0.5, "std": 0.0, "size": 8}, "do not fit"),
        ({"processor": 3}, "nothing that makes pixels"),
        (STATED | {"processor": len}, "not both"),
        (STATED | {"size": 2}, "Small fails on an input of 2 x 2"),
        (STATED | {"image_size": 48}, "give one of them"),
        (STATED | {"size": "big"}, "no image size"),
        (STATED | {"device": "cuda:17"}, "'cuda:17' is not available; here are: auto"),
        (STATED | {"device": "gpu"}, "'gpu' is not available; here are: auto"),
        (STATED | {"dtype": "float8"}, "choose auto, float32"),
        (STATED | {"dtype": torch.int8}, "choose auto, float32"),
        (STATED | {"task": "detection"}, "choose auto or image-classification"),
    ],
)
def test_arguments_that_cannot_be(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises((ModelLoadError, UsageError, OptionError), match=words):
        load_model(Small(), **arguments)


@pytest.mark.parametrize("returned", [torch.zeros(1, 4, 30, 30), torch.zeros(5), [1.0, 2.0]])
def test_what_is_no_row_of_logits(returned: object) -> None:
    with pytest.raises(ModelLoadError, match=r"Small returns a .*not logits \(1, classes\)"):
        check_logits("Small", returned)


def test_infinite_weights_that_cancel_are_not_called_nan() -> None:
    module = Small()
    module.register_buffer("mask", torch.tensor([torch.inf, -torch.inf]))
    assert load_model(module, **STATED).module is module


def test_a_model_that_takes_no_pixels() -> None:
    config = transformers.ImageGPTConfig(n_embd=8, n_layer=1, n_head=1, n_positions=4, vocab_size=5)
    module = transformers.ImageGPTForImageClassification(config)
    with pytest.raises(ModelLoadError, match=r"takes input_ids, \w+ instead of pixel_values"):
        load_model(module, **STATED)


def test_its_repr_is_one_line_of_what_matters() -> None:
    model = load_model(Small(), **STATED)
    assert repr(model) == "<VisionModel Small, 5 classes, input 32 × 32 px, cpu, float32>"
    named = replace(model, source="some/model")
    assert repr(named) == "<VisionModel some/model: Small, 5 classes, input 32 × 32 px, cpu, float32>"


def test_a_module_that_takes_one_image_at_a_time_is_told_so() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)).eval()
    program = torch.export.export(network, (torch.zeros(1, 3, 16, 16),)).module()
    model = load_model(program, mean=0.5, std=0.5, size=16)
    with pytest.raises(ModelLoadError, match=r"takes one image at a time and fails on 2 at once.*dynamic_shapes"):
        model.probe()
