"""Networks that noise does not get through: their own images do, and so do louder ones."""

import pytest
import torch
from torch import Tensor, nn

from vitxplain.api import explain, fitting
from vitxplain.errors import UnsupportedModelError
from vitxplain.models.loading.load import load_model


class Threshold(nn.Module):
    """Sums of 8 x 8 pixels that pass a threshold, averaged; the first class is against them."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 2, 8, stride=8), nn.Linear(2, 2, bias=False)
        with torch.no_grad():
            self.conv.weight.copy_(torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1))
            self.conv.bias.fill_(-threshold)
            self.fc.weight.copy_(torch.eye(2))

    def forward(self, pixels: Tensor) -> Tensor:
        return self.fc(torch.relu(self.conv(pixels)).mean((2, 3)))


class Ring(nn.Module):
    """Passes what is as bright as 1 to within a hundredth, as no noise is; flat elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 2, 8, stride=8, bias=False), nn.Linear(2, 2)
        nn.init.constant_(self.conv.weight, 1 / 192)

    def forward(self, pixels: Tensor) -> Tensor:
        near = torch.relu(0.01 - (self.conv(pixels) - 1).abs())
        return self.fc(near.mean((2, 3)))


def image() -> Tensor:
    pixels = torch.zeros(1, 3, 64, 64)
    pixels[..., 16:24, 40:48] = 1.0
    return pixels


@pytest.mark.parametrize("threshold", [0.0, 30.0, 100.0])
def test_the_place_is_found_whatever_the_threshold(threshold: float) -> None:
    model = load_model(Threshold(threshold).eval(), mean=0.0, std=1.0, size=64)
    assert model.probe().cam_layer == "conv"
    (map_,) = explain(model, image(), "grad-cam", target=1)
    assert map_.values.argmax() == 2 * 8 + 5


def test_what_only_the_users_image_gets_through_is_probed_on_it() -> None:
    pixels = image()
    model = load_model(Ring().eval(), mean=0.0, std=1.0, size=64)
    assert model.probe().silent
    pixels[..., :32, :] = 1.003
    (map_,) = explain(model, pixels, "grad-cam", target=1)
    assert model.probe().cam_layer == "conv"
    assert map_.values.shape == (8, 8)


def test_a_network_without_maps_is_refused_in_words() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64 * 64, 2)).eval()
    assert "no layer with a map" in str(fitting(load_model(model, mean=0.0, std=1.0, size=64))["grad-cam"])
    with pytest.raises(UnsupportedModelError, match="no layer with a map"):
        explain(model, image(), "grad-cam")
