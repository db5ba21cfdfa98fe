"""D-RISE against the loops, with the traps of its weights; and on what is no detector."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.oracles import objects as oracle
from vitxplain import explain, fitting, load_model
from vitxplain.errors import OptionError
from vitxplain.explainers.objects import d_rise
from vitxplain.explainers.objects.d_rise import DRISE, black_of
from vitxplain.explainers.passes.progress import heard_by
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.detected import Detected
from vitxplain.tasks.targets.object_target import BOXES, ObjectTarget
from vitxplain.testing import tiny_cnn, tiny_detector

IMAGE = torch.randn(3, 32, 48, generator=torch.Generator().manual_seed(1))
FEW = DRISE(masks=12, grid=4)


@pytest.fixture(scope="module")
def detr() -> VisionModel:
    return tiny_detector()


def corners(boxes: Tensor) -> np.ndarray:
    centre, size = boxes.double().numpy()[..., :2], boxes.double().numpy()[..., 2:]
    return np.concatenate([centre - size / 2, centre + size / 2], -1)


def test_it_equals_the_loops(detr: VisionModel) -> None:
    made = explain(detr, IMAGE, FEW, target="object:1")
    masks = torch.cat(list(FEW._masks(IMAGE)))
    black = black_of(detr.processor, IMAGE)
    assert black.flatten().tolist() == pytest.approx([-1, -1, -1])  # (0 - 0.5) / 0.5, and no grey
    with torch.no_grad():
        own, shown = (detr.outputs(black + mask * (IMAGE - black)) for mask in (torch.ones(1, 1, 1, 1), masks[:, None]))
    query = made.detections[1].query
    assert own[LOGITS].shape[-1] == 5  # a sigmoid for each class, and none for "no object"
    classes = own[LOGITS][0, query].sigmoid().tolist()
    box = corners(own[BOXES])[0, query].tolist()
    pairs = zip(corners(shown[BOXES]), shown[LOGITS].double().sigmoid().numpy(), strict=True)
    weights = [oracle.similarity(box, classes, *pair) for pair in pairs]
    np.testing.assert_allclose(made.values, oracle.d_rise(masks.double().numpy(), weights), rtol=1e-4)
    assert made.values.shape == (32, 48)


def test_no_object_is_no_class_and_lengths_do_not_count() -> None:
    box = (0.5, 0.5, 0.2, 0.2)
    target = ObjectTarget(Detected(0, "cat", 0.9, query=0), queries=1, input_box=box, classes=2)
    original = {LOGITS: torch.tensor([[[0.6, 0.3, 0.1]]]), BOXES: torch.tensor([[box]])}
    shares = torch.tensor([[[0.2, 0.1, 0.7]], [[0.0, 0.0, 1.0]], [[0.6, 0.3, 0.1]]])
    boxes = torch.tensor([[box], [box], [(0.9, 0.9, 0.1, 0.1)]])
    similarity = target.similarity(original, {LOGITS: shares, BOXES: boxes})
    assert similarity.tolist() == pytest.approx([0.2, 0.0, 0.0])  # as like, but less sure; nothing; elsewhere


class Finder(nn.Module):
    """Finds one object in the left half, as sure as that half is bright."""

    def forward(self, pixel_values: Tensor) -> dict[str, Tensor]:
        bright = pixel_values[..., :16].mean((1, 2, 3))
        logits = torch.stack([bright * 8 - 4, torch.full_like(bright, -9.0)], -1)[:, None]
        boxes = logits.new_tensor([0.25, 0.5, 0.4, 0.9]).expand(len(logits), 1, 4)
        return {"logits": logits, "pred_boxes": boxes}


def test_planted_truth_is_found_and_by_the_seed_alone() -> None:
    model = load_model(Finder(), mean=0.0, std=1.0, size=(32, 32), labels=["cat", "dog"])
    image = torch.ones(3, 32, 32)
    first, again, other = (explain(model, image, DRISE(masks=200, grid=4, seed=s)).values for s in (0, 0, 1))
    assert (first == again).all()
    assert not np.allclose(first, other)
    assert first[:, 2:14].mean() > first[:, 18:].mean() + 0.05
    both = explain(model, torch.stack([image, image / 2]), DRISE(masks=200, grid=4))
    np.testing.assert_allclose(both[0].values, first, rtol=1e-5)


def test_of_a_difference_it_is_how_much_more_of_the_one_class_is_there() -> None:
    box = torch.tensor([0.25, 0.5, 0.4, 0.9])
    shares = {LOGITS: torch.tensor([[[0.7, 0.2], [0.3, 0.6]]]), BOXES: box.expand(1, 2, 4)}
    for one, other, expected in ((0, 1, 0.7 - 0.6), (1, 0, 0.6 - 0.7)):
        detected = Detected(one, "cat", 0.7, query=0)
        target = ObjectTarget(detected, against=(other, "dog"), queries=2, input_box=tuple(box.tolist()))
        assert target.similarity(shares, shares).tolist() == pytest.approx([expected], abs=1e-6)
    model = load_model(Finder(), mean=0.0, std=1.0, size=(32, 32), labels=["cat", "dog"])
    made = explain(model, torch.ones(3, 32, 32), DRISE(masks=100, grid=4), target="cat~dog", min_score=0).values
    assert made[:, 2:14].mean() > made[:, 18:].mean() + 0.05


def test_it_says_how_many_passes_are_done(detr: VisionModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(d_rise, "PIXELS_AT_ONCE", 5 * 32 * 48)
    heard: list[tuple[int, int]] = []
    with heard_by(lambda *counts: heard.append(counts)):
        explain(detr, IMAGE, FEW, target=["object:0", "object:1"])
    assert heard == [(5, 12), (10, 12), (12, 12)] * 2
    explain(detr, IMAGE, FEW, target="object:0")
    assert len(heard) == 6


def test_it_is_for_what_finds_things_and_options_are_checked() -> None:
    assert fitting(tiny_cnn())["d-rise"] == "it finds no objects or segments in an image"
    for wrong in ({"masks": 0}, {"grid": -1}, {"p": 1.0}, {"seed": -1}):
        with pytest.raises(OptionError, match=next(iter(wrong))):
            replace(DRISE(), **wrong)
