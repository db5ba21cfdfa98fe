"""Grad-CAM against pytorch-grad-cam, the same tensor given to both, and against captum's own values."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from captum.testing.helpers.basic_models import BasicModel_ConvNet_One_Conv
from torch import Tensor, nn

from tests.sweeps.lively import lively, noise
from vitxplain.explainers.cam import CAM
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.models.loading.load import load_model

SIZE = (64, 96)
ToMap = Callable[[Tensor], Tensor]


def resnet() -> nn.Module:
    from torchvision.models import resnet18

    return resnet18(num_classes=5)


def convnext() -> nn.Module:
    import timm

    return timm.create_model("convnext_zepto_rms", num_classes=5)


def vit() -> nn.Module:
    import timm

    return timm.create_model("vit_tiny_patch16_224", img_size=SIZE, depth=3, num_classes=5)


def distilled_registers() -> nn.Module:
    import timm

    return timm.create_model("vit_small_patch14_reg4_dinov2", img_size=(56, 84), depth=2, num_classes=5)


def swin() -> nn.Module:
    import timm

    return timm.create_model(
        "swin_tiny_patch4_window7_224", img_size=SIZE, window_size=4, depths=(2, 2), num_heads=(3, 6), num_classes=5
    )


def torchvision_swin() -> nn.Module:
    from torchvision.models import swin_t

    return swin_t(num_classes=5)


def tokens(before: int, rows: int, columns: int) -> ToMap:
    """What their users write by hand: (batch, token, channel) to (batch, channel, row, column)."""
    return lambda tensor: tensor[:, before:].transpose(1, 2).unflatten(2, (rows, columns))


def channels_last(tensor: Tensor) -> Tensor:
    return tensor.permute(0, 3, 1, 2)


# model, the layer named to both, the layer taken when none is named, their reshape_transform, size
CASES = [
    pytest.param(resnet, "layer4", "layer4", None, SIZE, id="resnet"),
    pytest.param(resnet, "layer2", "layer4", None, SIZE, id="resnet-earlier"),
    pytest.param(convnext, "stages.2", "stages", None, SIZE, id="convnext-stage"),
    pytest.param(convnext, "stages", "stages", None, SIZE, id="convnext-last"),
    pytest.param(vit, "blocks.2.norm1", "blocks.2.norm1", tokens(1, 4, 6), SIZE, id="vit"),
    pytest.param(vit, "blocks.1", "blocks.2.norm1", tokens(1, 4, 6), SIZE, id="vit-block"),
    pytest.param(distilled_registers, "blocks.1.norm1", "blocks.1.norm1", tokens(5, 4, 6), (56, 84), id="registers"),
    pytest.param(swin, "norm", "norm", channels_last, SIZE, id="swin"),
    pytest.param(swin, "layers.1.blocks.1.norm2", "norm", tokens(0, 8, 12), SIZE, id="swin-block"),
    pytest.param(torchvision_swin, "norm", "permute", channels_last, SIZE, id="torchvision-swin"),
]


def theirs(module: nn.Module, layer: str, images: Tensor, targets: list[int], to_map: ToMap | None) -> np.ndarray:
    """(batch, height, width), negative values dropped, min-max scaled, resized to the input and scaled again."""
    from pytorch_grad_cam import GradCAM as Peer
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    with Peer(module, [module.get_submodule(layer)], reshape_transform=to_map) as peer:
        return peer(images, [ClassifierOutputTarget(target) for target in targets])


@pytest.mark.peers
@pytest.mark.parametrize(("build", "layer", "chosen", "to_map", "size"), CASES)
def test_equals_pytorch_grad_cam(
    build: Callable[[], nn.Module], layer: str, chosen: str, to_map: ToMap | None, size: tuple[int, int]
) -> None:
    from pytorch_grad_cam.utils.image import scale_cam_image

    module = lively(build())
    images, targets = noise(size, 3), [4, 0, 2]
    model = load_model(module, mean=0.5, std=0.5, size=size)
    assert model.probe().cam_layer == chosen
    found = GradCAM(layer, relu=True).explain(model, images, targets)
    assert found.any(), "nothing is left above zero: equal maps would say nothing"
    expected = theirs(module, layer, images, targets, to_map)
    resized = scale_cam_image(found.numpy(), size[::-1])
    np.testing.assert_allclose(scale_cam_image(resized), expected, rtol=0, atol=1e-4)
    signed = GradCAM(layer).explain(model, images, targets)
    torch.testing.assert_close(signed.relu(), found)
    if layer == chosen:
        torch.testing.assert_close(GradCAM().explain(model, images, targets), signed)


@pytest.mark.parametrize(
    ("layer", "expected"), [("conv1", [[11.25, 13.5], [20.25, 22.5]]), ("relu1", [[0.0, 4.0], [28.0, 32.5]])]
)
def test_captums_own_values_on_the_whole_road(layer: str, expected: list[list[float]]) -> None:
    model = load_model(BasicModel_ConvNet_One_Conv(), mean=[0.0], std=[1.0], size=4)
    image = torch.arange(16.0).view(1, 1, 4, 4)
    result = shared_pass(model, image, [GradCAM(layer), GradCAM(layer, relu=True)], target=0)
    for found in result.maps:  # none of the values is negative
        torch.testing.assert_close(found, torch.tensor([expected]))


@pytest.mark.peers
def test_grad_cam_is_cam_over_the_number_of_places() -> None:
    """For a network that ends in average pooling and a linear layer (Selvaraju 2017, section 3.1)."""
    model = load_model(lively(resnet()), mean=0.5, std=0.5, size=SIZE)
    gradient, exact = shared_pass(model, noise(SIZE, 2), [GradCAM(), CAM()], target=3).maps
    rows, columns = model.probe().cam_grid
    torch.testing.assert_close(gradient, exact / (rows * columns))


def options() -> list[Any]:
    return [GradCAM("layer4"), GradCAM("layer3.1.conv2"), GradCAM("layer1", relu=True)]


@pytest.mark.peers
def test_several_layers_share_one_pass() -> None:
    model, images = load_model(lively(resnet()), mean=0.5, std=0.5, size=SIZE), noise(SIZE, 2)
    together = shared_pass(model, images, options(), target=1).maps
    for method, found in zip(options(), together, strict=True):
        torch.testing.assert_close(method.explain(model, images, 1), found)
