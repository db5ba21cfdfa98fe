"""Layers whose map does not lie as the image does: it would be drawn in the wrong place, so it is refused."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.models.tiny_classifier import TinyClassifier, as_model, images
from vitxplain.api import explain
from vitxplain.errors import UnsupportedModelError
from vitxplain.models.offers import FEATURE_MAP
from vitxplain.models.probing.placement import PLACED

SPOT = (1, 2)  # row and column of the only bright place, of 8 x 8


class Moving(nn.Module):
    """Two convolutions, between which the module's own code does something to the map."""

    def __init__(self, between: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.last, self.head = nn.Conv2d(3, 4, 4, 4), nn.Conv2d(4, 4, 1), nn.Linear(4, 2)
        self.between = between
        for weight in self.parameters():
            weight.data.abs_()

    def forward(self, pixels: Tensor) -> Tensor:
        return self.head(self.last(self.between(F.relu(self.stem(pixels)))).mean((2, 3)))


def bright_spot() -> Tensor:
    pixels = torch.full((1, 3, 32, 32), 0.05)
    row, column = (4 * place for place in SPOT)
    pixels[..., row : row + 4, column : column + 4] = 1
    return pixels


STAYS: dict[str, Callable[[Tensor], Tensor]] = {
    "untouched": lambda image_map: image_map,
    "mixed with its mean": lambda image_map: image_map + 3 * image_map.mean((2, 3), keepdim=True),
    "all tokens hear one": lambda image_map: image_map + 30 * image_map[..., :1, :1],
    "rolled and back": lambda image_map: F.relu(image_map.roll(3, -1)).roll(-3, -1),
}
MOVES: dict[str, Callable[[Tensor], Tensor]] = {
    "mirrored": lambda image_map: image_map.flip(-1),
    "upside down": lambda image_map: image_map.flip(-2),
    "turned": lambda image_map: image_map.transpose(-1, -2),
    "rolled": lambda image_map: image_map.roll(4, -1),
    "cut": lambda image_map: image_map[..., :4],
}


@pytest.mark.parametrize("between", STAYS.values(), ids=STAYS)
def test_a_map_that_stays_is_hottest_where_the_spot_is(between: Callable[[Tensor], Tensor]) -> None:
    (explanation,) = explain(Moving(between).eval(), bright_spot(), "cam", target=1)
    assert explanation.values.argmax() == SPOT[0] * 8 + SPOT[1]


@pytest.mark.parametrize("between", MOVES.values(), ids=MOVES)
def test_a_map_that_was_moved_on_the_way_is_refused(between: Callable[[Tensor], Tensor]) -> None:
    with pytest.raises(UnsupportedModelError, match="what last returns lies otherwise than the image"):
        explain(Moving(between).eval(), bright_spot(), "grad-cam", target=1)


@pytest.mark.parametrize("method", ["cam", "gradient-activation", "patch-pca", "patch-similarity"])
def test_no_method_draws_a_map_that_was_moved(method: str) -> None:
    with pytest.raises(UnsupportedModelError, match="what last returns lies otherwise than the image"):
        explain(Moving(MOVES["mirrored"]).eval(), bright_spot(), method)


def test_features_that_are_silent_on_what_is_tried_are_not_taken_for_moved() -> None:
    pixels, module = bright_spot(), Moving(F.relu).eval()
    module.stem.bias.data.sub_(15)  # no noise reaches it in every corner
    (explanation,) = explain(module, 10 * pixels, "grad-cam", target=1)
    assert explanation.values.argmax() == SPOT[0] * 8 + SPOT[1]


def test_methods_of_attention_alone_leave_open_how_a_vit_s_features_lie() -> None:
    model = as_model(TinyClassifier())
    explain(model, images(1), "attention-rollout")
    (first,) = model.probes.values()
    assert not first.is_placed
    assert not first.offers & PLACED
    explain(model, images(1), "grad-cam")
    (second,) = model.probes.values()
    assert second.is_placed
    assert FEATURE_MAP in second.offers
    assert (second.cam_layer, second.feature_layer) == (first.cam_layer, first.feature_layer)


class Backwards(TinyClassifier):
    """Its patches are put in the opposite order before the last norm; attention tells them little of each other."""

    def __init__(self) -> None:
        super().__init__()
        for weight in self.blocks.parameters():
            weight.data.mul_(0.1)

    def forward(self, pixel_values: Tensor) -> Tensor:
        tokens = self.blocks[1](self.blocks[0](self.tokens(pixel_values)))
        return self.head(self.norm(torch.cat([tokens[:, :1], tokens[:, 1:].flip(1)], 1))[:, 1:].mean(1))


def test_moved_features_are_refused_after_a_method_of_attention_as_well() -> None:
    model = as_model(Backwards())
    explain(model, images(1), "auto")
    with pytest.raises(UnsupportedModelError, match="lies otherwise than the image"):
        explain(model, images(1), "grad-cam")


class Overwriting(TinyClassifier):
    """It writes into what the gradient of its first step needs."""

    def forward(self, pixel_values: Tensor) -> Tensor:
        tokens = self.tokens(pixel_values).sigmoid()
        doubled = 2 * tokens
        tokens.add_(1)
        return self.head(self.norm(self.blocks[1](self.blocks[0](doubled + tokens)))[:, 0])


def test_what_is_written_over_is_seen_though_no_gradient_goes_back_so_far() -> None:
    model = as_model(Overwriting())
    probe = model.probe(placed=False)
    assert not probe.is_placed
    assert probe.writes_over
