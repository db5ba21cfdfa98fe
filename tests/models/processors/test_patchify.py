"""Models that take patches get plain images."""

from pathlib import Path

import pytest
import torch
import transformers
from PIL import Image
from transformers.models.siglip2.image_processing_pil_siglip2 import Siglip2ImageProcessorPil

from vitxplain.errors import UsageError
from vitxplain.models.loading.load import load_model
from vitxplain.models.processors.patchify import patchify, unpatchify
from vitxplain.models.processors.transformers_processor import wrap_processor


@pytest.fixture
def naflex() -> transformers.Siglip2ForImageClassification:
    torch.manual_seed(0)
    vision = {
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_patches": 16,
        "patch_size": 8,
    }
    config = transformers.Siglip2Config(vision_config=vision, num_labels=3)
    return transformers.Siglip2ForImageClassification(config).eval()


def test_patches_are_those_of_the_processor_and_come_back() -> None:
    image = Image.effect_noise((70, 40), 80).convert("RGB")
    batch = Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16)(images=image, return_tensors="pt")
    rows, columns = batch["spatial_shapes"][0].tolist()
    pixels = unpatchify(batch["pixel_values"], rows, columns, 8)
    assert pixels.shape == (1, 3, 8 * rows, 8 * columns)
    torch.testing.assert_close(patchify(pixels, 8), batch["pixel_values"][:, : rows * columns])


def test_plain_images_work(naflex: transformers.Siglip2ForImageClassification) -> None:
    processor = Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16)
    model = load_model(naflex, processor=processor)
    image = Image.effect_noise((70, 40), 80).convert("RGB")
    own = naflex(**processor(images=image, return_tensors="pt")).logits
    torch.testing.assert_close(model.logits(model.processor([image])), own, atol=1e-6, rtol=1e-5)


def test_any_size_that_patches_divide(naflex: transformers.Siglip2ForImageClassification) -> None:
    model = load_model(naflex, mean=0.5, std=0.5, size=(24, 40))
    assert model.logits(torch.zeros(2, 3, 24, 40)).shape == (2, 3)
    with pytest.raises(UsageError, match="patches of 8 px; 24 x 41"):
        model.logits(torch.zeros(1, 3, 24, 41))


def test_images_of_other_proportions_are_grouped() -> None:
    processor = wrap_processor(Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16))
    wide, tall = Image.new("RGB", (80, 20)), Image.new("RGB", (20, 80))
    assert [indices for indices, _ in processor.groups([wide, tall, wide])] == [[0, 2], [1]]
    with pytest.raises(UsageError, match="one at a time"):
        processor([wide, tall])


def test_a_saved_naflex_model_needs_nothing_said(
    naflex: transformers.Siglip2ForImageClassification, tmp_path: Path
) -> None:
    naflex.save_pretrained(tmp_path)
    Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16).save_pretrained(tmp_path)
    model = load_model(tmp_path)
    assert model.logits(model.processor([Image.new("RGB", (90, 30))])).shape == (1, 3)
