"""torchvision's detectors and segmenters, tiny: boxes are queries whose scores are differentiated."""

from typing import Any

import numpy as np
import pytest
import torch

from tests.peers_site.box_operators import register
from tests.sweeps.lively import lively, noise
from tests.sweeps.torchvision_tasks import SIZE, detector, segmenter
from vitxplain import explain, load_model
from vitxplain.models.loading.from_torchvision import TorchvisionAdapter
from vitxplain.models.objects.listed_boxes import ListedBoxes
from vitxplain.tasks.pixel_classes import PixelClasses

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore:`torch.jit")]


@pytest.fixture(scope="module", autouse=True)
def operators() -> None:
    register()


def test_a_detector_that_lists_boxes_is_left_as_it_was() -> None:
    module = lively(detector("FasterRCNN"))
    heads: Any = module.roi_heads
    threshold, heads.training = heads.score_thresh, True
    model = load_model(module, mean=0.0, std=1.0, size=SIZE)
    assert (model.task.name, model.task.min_score, len(model.labels)) == ("object-detection", threshold, 4)
    heads.training = False
    explain(model, noise(SIZE, 1).sigmoid(), "gradient-activation", min_score=0.0)
    assert heads.score_thresh == threshold


def test_the_background_may_be_no_class() -> None:
    module = lively(detector("RetinaNet"))
    image = noise(SIZE, 1).sigmoid()
    every, others = ListedBoxes(module)(image), ListedBoxes(module, first=1)(image)
    torch.testing.assert_close(others["logits"], every["logits"][..., 1:])
    torch.testing.assert_close(others["pred_boxes"], every["pred_boxes"])
    assert ListedBoxes(module, first=1).num_classes == 3


def test_what_is_found_is_what_the_detector_lists() -> None:
    module = lively(detector("RetinaNet"))
    images = noise(SIZE, 1).sigmoid()
    with torch.no_grad():
        (listed,) = module(list(images))
    model = load_model(module, mean=0.0, std=1.0, size=SIZE)
    (explained,) = explain(model, images, "grad-cam")
    scores = [one.score for one in explained.detections]
    np.testing.assert_allclose(scores, listed["scores"].sort(descending=True).values, atol=1e-5)
    best = int(listed["scores"].argmax())
    np.testing.assert_allclose(explained.detections[0].box, listed["boxes"][best], atol=1e-2)
    assert explained.detections[0].index == int(listed["labels"][best])


def test_segmenters_are_known_by_name_and_by_what_they_return() -> None:
    model = load_model(segmenter("FCN"), mean=0.0, std=1.0, size=SIZE)
    assert model.task == PixelClasses()
    first, second = explain(model, noise(SIZE, 1)[0], target=["segment:0", "segment:1"])
    assert not np.allclose(first.values, second.values)
    names = TorchvisionAdapter().names()
    assert {"resnet18", "fasterrcnn_resnet50_fpn", "ssd300_vgg16", "lraspp_mobilenet_v3_large"} <= set(names)
