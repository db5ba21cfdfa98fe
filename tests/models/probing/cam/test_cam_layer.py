"""The layer class activation maps are taken of, and whether a linear head reads its average."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.models.tiny_classifier import WIDTH, TinyClassifier, as_model, images
from vitxplain.explainers.cam import CAM
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.models import offers
from vitxplain.models.probing.cam import cam_layer
from vitxplain.tasks.base import LOGITS


def convolutional() -> nn.Module:
    torch.manual_seed(0)
    stage = nn.Sequential(nn.Conv2d(8, WIDTH, 3, 2, 1), nn.BatchNorm2d(WIDTH), nn.ReLU(inplace=True))
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), stage, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTH, 5)
    ).eval()


def convolutional_head() -> nn.Module:
    """A 1 x 1 convolution on the pooled map instead of a linear layer."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, WIDTH, 3, 4, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Conv2d(WIDTH, 5, 1), nn.Flatten()
    ).eval()


def class_maps() -> nn.Module:
    """One channel a class, averaged: nothing comes after it (SqueezeNet)."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 4, 1), nn.ReLU(), nn.Conv2d(8, 5, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    ).eval()


def two_layer_head() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, 4, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 5),
    ).eval()  # fmt: skip


def max_pooled() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, WIDTH, 3, 4, 1), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(WIDTH, 5)
    ).eval()


def class_token() -> nn.Module:
    return TinyClassifier()


def pooled_tokens() -> nn.Module:
    return TinyClassifier(prefix=0, read=lambda x: x.mean(1))


class ChannelsLast(nn.Module):
    """As in ConvNeXt's or Swin's own code: rows and columns before channels."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.norm, self.head = nn.Conv2d(3, WIDTH, 8, 8), nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.norm(self.stem(x).permute(0, 2, 3, 1)).mean((1, 2)))


LAYERS: list[tuple[Callable[[], nn.Module], str, bool]] = [
    # model, layer, whether a linear head reads its average
    (convolutional, "2", True),
    (convolutional_head, "1", True),
    (class_maps, "3", True),
    (two_layer_head, "1", False),
    (max_pooled, "1", False),
    (class_token, "blocks.1.norm1", False),  # the last block's output moves no logit on its patches
    (pooled_tokens, "norm", True),
    (ChannelsLast, "norm", True),
]


@pytest.mark.parametrize(("build", "layer", "linear"), LAYERS)
def test_the_last_layer_whose_patches_move_the_logit(build: Callable[[], nn.Module], layer: str, linear: bool) -> None:
    probe = as_model(build()).probe()
    assert probe.cam_layer == layer
    assert (offers.LINEAR_HEAD in probe.offers) == linear
    assert (probe.head_weight is not None) == linear


@pytest.mark.parametrize("build", [build for build, _, linear in LAYERS if linear])
def test_the_mean_of_cam_plus_the_bias_is_the_logit(build: Callable[[], nn.Module]) -> None:
    model = as_model(build())
    last = [part for part in model.module.modules() if isinstance(part, (nn.Linear, nn.Conv2d))][-1]
    bias = torch.zeros(5) if build is class_maps else last.bias.detach()
    for target in range(5):
        found = shared_pass(model, images(), [CAM()], target)
        torch.testing.assert_close(found.maps[0].mean((1, 2)) + bias[target], found.outputs[LOGITS][:, target])


@pytest.mark.parametrize("build", [build for build, _, _ in LAYERS])
def test_grad_cam_of_the_layer_found_is_never_all_zero(build: Callable[[], nn.Module]) -> None:
    found = GradCAM().explain(as_model(build()), images())
    assert found.abs().amax((1, 2)).min() > 0


def test_the_output_of_the_last_block_says_nothing_about_a_class_token_model() -> None:
    """Why the rule is what it is: captum would return this map without a word."""
    assert GradCAM("blocks.1").explain(as_model(class_token()), images()).abs().max() == 0


def test_a_head_still_all_zero_hides_no_layer() -> None:
    """Before training, heads are often set to zero: no gradient of any logit, and yet the layer is the same."""
    module = class_token()
    nn.init.zeros_(module.head.weight)
    assert as_model(module).probe().cam_layer == "blocks.1.norm1"


def test_a_model_of_one_place_has_no_map() -> None:
    module = nn.Sequential(nn.Conv2d(3, 8, 8, 8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)).eval()
    model = as_model(module, (8, 8))
    assert model.probe().cam_layer is None
    assert "2 x 2 places" in model.probe().missing[offers.FEATURE_MAP]


@pytest.mark.parametrize("make", [convolutional, class_token])
def test_the_layer_is_the_same_however_many_are_looked_at_at_once(
    make: Callable[[], nn.Module], monkeypatch: pytest.MonkeyPatch
):
    layer = as_model(make()).probe().cam_layer
    monkeypatch.setattr(cam_layer, "_OUTPUTS_AT_ONCE", 1)
    assert as_model(make()).probe().cam_layer == layer is not None
