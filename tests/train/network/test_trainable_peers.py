"""timm's and torchvision's networks made ready to learn, whole and cut short."""

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from vitxplain import registry
from vitxplain.api import explain
from vitxplain.errors import OptionError
from vitxplain.models.loading import from_saved_folder
from vitxplain.models.loading.load import load_model
from vitxplain.train.network.trainable import Trainable, trainable

pytestmark = [pytest.mark.peers, pytest.mark.slow]

NEW = ("ant", "bee", "cow", "doe")
IMAGE = Image.effect_noise((250, 200), 80).convert("RGB")


def untrained(folder: Path, source: str, size: int = 224) -> Path:
    """A folder with fresh weights of this architecture."""
    backend, _, architecture = source.partition(":")
    module = registry.load("adapters", backend)().build(architecture, 1000)
    facts = {"num_classes": 1000, "input_size": [size, size], "mean": [0.5] * 3, "std": [0.25] * 3}
    from_saved_folder.save(module, folder, {"backend": backend, "architecture": architecture, **facts})
    return folder


def weights(model: Trainable) -> int:
    return sum(one.numel() for one in model.module.parameters())


def check_reopens(model: Trainable, folder: Path) -> None:
    model.save(folder)
    opened = load_model(folder, device="cpu")
    assert opened.labels == dict(enumerate(NEW))
    found = opened.logits(opened.processor([IMAGE]))
    expected = model.module.eval()(pixel_values=model.processor([IMAGE])).logits
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("source", "node", "share"),
    [  # both cuts of DeepVisionXplain: 14 x 14 instead of 7 x 7
        ("torchvision:efficientnet_v2_s", "features.6.0.block.0", 0.3),
        ("torchvision:mobilenet_v3_large", "features.13.block.0", 0.25),
        ("torchvision:resnet18", "layer3", 0.3),
        ("torchvision:densenet121", "features.denseblock3", 0.7),
        ("timm:resnet18", "layer3.0.conv2", 0.2),
        ("timm:efficientnet_b0", "blocks.4", 0.3),
    ],
)
def test_cut_one_stage_earlier(source: str, node: str, share: float, tmp_path: Path) -> None:
    folder = untrained(tmp_path / "whole", source)
    whole, short = trainable(folder, NEW), trainable(folder, NEW, cut_at=node)
    assert weights(short) < share * weights(whole)
    check_reopens(short, tmp_path / "short")
    opened = load_model(tmp_path / "short", device="cpu")
    assert explain(opened, IMAGE, "cam").values.shape == (14, 14)
    assert explain(opened, IMAGE, "cam", layer=node).values.shape == (14, 14)
    assert explain(opened, IMAGE, "grad-cam", layer=node).values.shape == (14, 14)
    assert explain(whole.model, IMAGE, "grad-cam").values.shape == (7, 7)


@pytest.mark.parametrize(
    ("source", "size", "mode"),
    [
        ("torchvision:resnet18", 64, "head"),
        ("torchvision:vit_b_16", 224, "lora"),  # its attention reads a linear layer's weights without calling it
        ("torchvision:inception_v3", 96, "full"),  # auxiliary heads
        ("torchvision:squeezenet1_1", 64, "full"),  # a convolution for a head
        ("timm:test_vit", 160, "lora"),
        ("timm:convnext_atto", 64, "head"),
        ("timm:deit_tiny_distilled_patch16_224", 224, "head"),  # two heads
    ],
)
def test_new_classes(source: str, size: int, mode: Any, tmp_path: Path) -> None:
    model = trainable(untrained(tmp_path / "whole", source, size), NEW, mode=mode)
    with torch.no_grad():
        for name, weight in model.module.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.02)
    check_reopens(model, tmp_path / "saved")


def test_a_timm_network_without_a_classifier_gets_one(tmp_path: Path) -> None:
    import timm

    model = trainable(timm.create_model("test_vit", num_classes=0), NEW)
    check_reopens(model, tmp_path)


def test_another_size_of_a_timm_vit(tmp_path: Path) -> None:
    import timm

    model = trainable(timm.create_model("test_vit", img_size=96), NEW, image_size=96)
    assert model.processor([IMAGE]).shape[-2:] == (96, 96)
    check_reopens(model, tmp_path)


@pytest.mark.parametrize(
    ("source", "node", "message"),
    [
        ("torchvision:resnet18", "layer3.0.downsample.0", "between bn2 and layer3.0.downsample it computes something"),
        ("torchvision:swin_t", "features.3", r"a tensor \(1, 28, 28, 192\), not a map"),
        ("torchvision:mobilenet_v3_large", "features.13.blok", "did you mean features.13.block"),
    ],
)
def test_what_cannot_be_cut_is_refused(source: str, node: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=message):
        trainable(untrained(tmp_path, source), NEW, cut_at=node)
