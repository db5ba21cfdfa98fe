"""transformers' processors at another size: their own way of looking, at that size."""

import pytest
import torch
import transformers
from PIL import Image
from transformers import (
    BitImageProcessorPil,
    CLIPImageProcessorPil,
    ConvNextImageProcessorPil,
    EfficientNetImageProcessorPil,
    LevitImageProcessorPil,
    MobileViTImageProcessorPil,
    ViTImageProcessorPil,
)

from vitxplain.errors import UsageError
from vitxplain.models.loading.load import load_model
from vitxplain.models.processors.transformers_processor import wrap_processor

CROP = {"height": 224, "width": 224}
PROCESSORS = [
    ViTImageProcessorPil(size=CROP),
    CLIPImageProcessorPil(size={"shortest_edge": 224}, crop_size=CROP),
    BitImageProcessorPil(size={"shortest_edge": 256}, crop_size=CROP),
    ConvNextImageProcessorPil(size={"shortest_edge": 224}, crop_pct=0.875),
    EfficientNetImageProcessorPil(size=CROP),
    LevitImageProcessorPil(size={"shortest_edge": 224}, crop_size=CROP),
    MobileViTImageProcessorPil(size={"shortest_edge": 288}, crop_size={"height": 256, "width": 256}),
]


@pytest.mark.parametrize("size", [(96, 96), (384, 384), (96, 160), (160, 96)], ids=str)
@pytest.mark.parametrize("processor", PROCESSORS, ids=lambda processor: type(processor).__name__)
def test_any_size(processor: object, size: tuple[int, int]) -> None:
    made = wrap_processor(processor, size)
    assert made.input_size == size
    assert made([Image.new("RGB", (500, 333))]).shape[-2:] == size


def test_the_margin_of_a_crop_is_kept() -> None:
    processor = BitImageProcessorPil(size={"shortest_edge": 256}, crop_size=CROP)
    own, larger = (wrap_processor(processor, size).geometry((600, 800)).box for size in (None, (384, 384)))
    assert larger == pytest.approx(own, abs=3)
    assert processor.crop_size["height"] == 224  # the user's own processor is as it was


@pytest.mark.parametrize("family", ["CLIP", "MetaClip2", "Siglip", "Dinov2", "Swin"])
def test_models_that_interpolate_positions_take_any_size(family: str) -> None:
    torch.manual_seed(0)
    vision = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    vision |= {"image_size": 32, "patch_size": 8}
    config = getattr(transformers, f"{family}Config")
    if family == "Swin":
        config = config(image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[2, 2], window_size=4)
    else:
        config = config(**vision) if family == "Dinov2" else config(vision_config=vision)
    module = getattr(transformers, f"{family}ForImageClassification")(config).eval()
    model = load_model(module, mean=0.5, std=0.5, size=(48, 64))
    assert model.logits(torch.randn(1, 3, 48, 64)).shape == (1, 2)


def test_a_processor_that_knows_one_size_says_so() -> None:
    class Stubborn(ViTImageProcessorPil):
        def resize(self, image, size, **others):
            return super().resize(image, type(size)(height=8, width=8), **others)

    with pytest.raises(UsageError, match="Stubborn cannot be set to make 32 x 48 pixels"):
        wrap_processor(Stubborn(), (32, 48))
