"""Any number of channels: from arrays, and from what the probe shows a model."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from vitxplain import explain, load_model
from vitxplain.data.bands import BandImage
from vitxplain.errors import OptionError, UsageError
from vitxplain.explanation.titles import detail
from vitxplain.models.processors.simple_processor import statistics


class LastBand(nn.Module):
    """A network whose class 1 is what the last band shows."""

    def __init__(self, bands: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(bands, 2, 4, stride=4, bias=False)
        self.head = nn.Linear(2, 2)
        with torch.no_grad():
            self.conv.weight.zero_()[1, bands - 1] = 1.0
            self.head.weight.copy_(torch.eye(2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.conv(x).relu().mean((2, 3)))


@pytest.mark.parametrize("bands", [1, 2, 4, 13, 32])
def test_a_ready_tensor_of_any_number_of_channels(bands: int) -> None:
    pixels = torch.zeros(bands, 32, 32)
    pixels[-1, 4:8, 20:24] = 1.0
    values = explain(LastBand(bands).eval(), pixels, "grad-cam", target=1).values
    assert np.unravel_index(values.argmax(), values.shape) == (1, 5)


def test_bands_are_resized_and_normalised_each_by_its_own() -> None:
    values = np.zeros((16, 16, 2), np.uint16)
    values[..., 1] = 4095
    pixels = statistics((0.0, 0.5), (1.0, 0.25), (8, 8))([BandImage(values, 4095.0)])
    assert pixels.shape == (1, 2, 8, 8)
    torch.testing.assert_close(pixels.mean((0, 2, 3)), torch.tensor([0.0, 2.0]))


def test_a_plain_image_is_grey_in_every_band() -> None:
    pixels = statistics([0.0] * 5, [1.0] * 5, (4, 4))([Image.new("RGB", (9, 9), (51, 51, 51))])
    torch.testing.assert_close(pixels, torch.full((1, 5, 4, 4), 0.2))


def test_the_channels_of_a_model_are_those_its_images_become() -> None:
    model = load_model(LastBand(6), mean=[0.0] * 6, std=[1.0] * 6, size=16)
    assert model.processor.channels == 6
    assert model.labels.keys() == {0, 1}


def test_an_array_of_bands_is_explained_and_drawn_of_any_of_them() -> None:
    field = np.zeros((32, 48, 6), np.uint8)
    field[4:8, 40:46, 5] = 255
    model = load_model(LastBand(6).eval(), mean=0.0, std=1.0, size=(32, 48))
    explanation = explain(model, field, "grad-cam", target=1)
    assert np.unravel_index(explanation.values.argmax(), explanation.values.shape) == (1, 10)
    assert explanation.provenance["bands"] == (1, 2, 3)
    assert "image: bands 1, 2, 3" in detail(explanation).split(" · ")
    assert np.asarray(explanation.image).max() == 0
    shown = explanation.with_bands("6,1,1")
    assert np.asarray(shown.image)[5, 42].tolist() == [255, 0, 0]
    explanation.plot(bands=6)
    with pytest.raises(OptionError, match="it has 6, counted from 1"):
        explanation.plot(bands="7")
    with pytest.raises(UsageError, match="no bands to choose from"):
        replace(explanation, bands=None).plot(bands=1)
