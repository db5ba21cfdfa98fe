"""A detector and a segmenter from scratch: their outputs, losses, and that load_model opens and explains them."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from tests.models.scratch_models import LABELS, SMALL, pixels, saved, tiny
from vitxplain.api import explain
from vitxplain.models.loading.load import load_model
from vitxplain.models.scratch.scratch import scratch

SIDES = {"unet": (24, 40), "rt-detr": (32, 48)}
TASKS = {"unet": "image-segmentation", "rt-detr": "object-detection"}


@pytest.mark.parametrize("kind", ["unet", "rt-detr"])
def test_a_saved_model_is_the_same_and_explained(kind: str, tmp_path: Path) -> None:
    model = tiny(kind)
    opened = load_model(saved(model, tmp_path))
    assert (opened.task.name, opened.processor.input_size) == (TASKS[kind], SIDES[kind])
    assert opened.labels == dict(enumerate(LABELS))
    torch.testing.assert_close(opened.module(pixels(model)).logits, model(pixels(model)).logits, rtol=0, atol=0)
    explanation = explain(opened, Image.effect_noise((80, 48), 80).convert("RGB"), min_score=0)
    assert explanation.method == "gradient-activation"
    assert abs(explanation.values).max() > 0


def test_a_segmenter_gives_classes_at_the_size_of_its_stem() -> None:
    for stride, size in ((1, (24, 40)), (2, (12, 20))):
        assert tiny("unet", stem_stride=stride)(torch.zeros(1, 3, 24, 40)).logits.shape[-2:] == size
    assert tiny("unet")(torch.zeros(1, 3, 17, 31)).logits.shape == (1, 3, 9, 16)  # odd sizes meet again on the way up


def test_a_place_of_a_segmenter_hears_of_the_coarsest_stage_and_of_its_own() -> None:
    model = tiny("unet")
    image = pixels(model, 1).requires_grad_()
    (heard,) = torch.autograd.grad(model(image).logits[0, :, 6, 10].sum(), image)
    rows = heard[0].abs().sum((0, 2))
    assert rows[12] > 0
    assert (rows > 0).sum() > 12  # far beyond the convolutions of the finest stage


def test_the_loss_of_a_segmenter_is_that_of_the_known_pixels() -> None:
    model = tiny("unet", stem_stride=1)
    unknown = model.config.semantic_loss_ignore_index
    labels = torch.full((2, 24, 40), unknown)
    labels[:, 3:5, 7] = torch.tensor([[0, 2], [1, 1]])
    out = model(pixels(model), labels=labels)
    known = labels != unknown
    chosen = out.logits.log_softmax(1).gather(1, labels.where(known, 0)[:, None])[:, 0][known]
    torch.testing.assert_close(out.loss, -chosen.mean())


def test_a_background_counts_in_the_loss_as_its_weight_says() -> None:
    torch.manual_seed(0)
    model = scratch("unet", ("background", "a"), {**SMALL["unet"], "background_weight": 0.25}).eval()
    labels = torch.zeros(1, 24, 40, dtype=torch.long)
    labels[:, :6] = 1
    found = F.interpolate(model(pixels(model, 1)).logits, size=(24, 40), mode="bilinear").log_softmax(1)
    ground, object_ = found[:, 0, 6:], found[:, 1, :6]
    expected = -(0.25 * ground.sum() + object_.sum()) / (0.25 * ground.numel() + object_.numel())
    torch.testing.assert_close(model(pixels(model, 1), labels=labels).loss, expected)


def test_a_detector_has_the_sizes_of_its_options() -> None:
    config = tiny("rt-detr").config
    assert (config.backbone_config.hidden_sizes, config.feat_strides, config.num_feature_levels) == ([8, 16], [8], 1)
    assert (config.num_queries, config.decoder_layers, config.d_model) == (5, 1, 16)
    assert scratch("rt-detr", LABELS, {"widths": "8,16,24", "hidden_size": "16"}).config.feat_strides == [8, 16]


def test_a_detector_learns_the_weights_of_every_part() -> None:
    model = tiny("rt-detr").train()
    boxes = {"class_labels": torch.tensor([1]), "boxes": torch.tensor([[0.5, 0.5, 0.4, 0.4]])}
    model(pixels(model), labels=[boxes, boxes]).loss.backward()
    still = [name for name, weight in model.named_parameters() if weight.grad is None]
    assert still == []
