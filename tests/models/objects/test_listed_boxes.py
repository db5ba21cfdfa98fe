"""torchvision's detectors and segmenters, tiny: boxes are queries whose scores are differentiated."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.peers_site.box_operators import register
from tests.sweeps.lively import lively, noise
from vitxplain import explain, load_model
from vitxplain.models.loading.from_torchvision import TorchvisionAdapter
from vitxplain.tasks.pixel_classes import PixelClasses

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")]
SIZE = (64, 96)


@pytest.fixture(scope="module", autouse=True)
def operators() -> Iterator[None]:
    library: Any = register()
    yield
    del library


def _backbone() -> nn.Module:
    backbone: Any = nn.Sequential(nn.Conv2d(3, 8, 8, 8), nn.ReLU(), nn.Conv2d(8, 32, 3, padding=1))
    backbone.out_channels = 32
    return backbone


def _detector(name: str) -> nn.Module:
    from torchvision.models import detection
    from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator

    torch.manual_seed(0)
    sizes: Any = {"min_size": 64, "max_size": 96}
    few: Any = {"detections_per_img": 5, "topk_candidates": 10}
    few_regions: Any = {"box_detections_per_img": 5, "rpn_post_nms_top_n_test": 10, **sizes}
    if name == "ssd":
        backbone = _backbone()
        backbone.out_channels = [32]  # type: ignore[assignment]
        return detection.ssd.SSD(backbone, DefaultBoxGenerator([[2]]), SIZE, 4, **few)
    anchors = AnchorGenerator(((16, 32),), ((1.0,),))
    if name == "faster-rcnn":
        return detection.FasterRCNN(_backbone(), 4, rpn_anchor_generator=anchors, **few_regions)
    if name == "mask-rcnn":
        return detection.MaskRCNN(_backbone(), 4, rpn_anchor_generator=anchors, **few_regions)
    if name == "retinanet":
        return detection.RetinaNet(_backbone(), 4, anchor_generator=anchors, **few, **sizes)
    return detection.FCOS(_backbone(), 4, anchor_generator=AnchorGenerator(((8,),), ((1.0,),)), **few, **sizes)


@pytest.mark.parametrize("name", ["faster-rcnn", "mask-rcnn", "retinanet", "fcos", "ssd"])
def test_a_detector_that_lists_boxes_is_explained(name: str) -> None:
    module = lively(_detector(name))
    holder = getattr(module, "roi_heads", module)
    threshold = holder.score_thresh
    model = load_model(module, mean=0.0, std=1.0, size=SIZE)
    assert (model.task.name, model.task.min_score, len(model.labels)) == ("object-detection", threshold, 4)
    images = noise(SIZE, 2).sigmoid()
    of_images = explain(model, images, "gradient-activation", target="all", min_score=0.0)
    assert holder.score_thresh == threshold
    first = of_images[1]
    assert len(first) > 1
    assert all(np.isfinite(one.values).all() for one in first)
    assert any(not np.allclose(first[0].values, one.values, rtol=1e-2) for one in first[1:])
    alone = explain(model, images[1], "gradient-activation", min_score=0.0)
    assert alone.target.label == first[0].target.label == "object-0"
    np.testing.assert_allclose(alone.values, first[0].values, atol=1e-3 * np.abs(alone.values).max())


def test_what_is_found_is_what_the_detector_lists() -> None:
    module = lively(_detector("retinanet"))
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
    from torchvision.models.segmentation.fcn import FCN, FCNHead

    class Features(nn.Sequential):
        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"out": super().forward(x)}

    torch.manual_seed(0)
    module = lively(FCN(Features(nn.Conv2d(3, 8, 8, 8)), FCNHead(8, 4)))
    model = load_model(module, mean=0.0, std=1.0, size=SIZE)
    assert model.task == PixelClasses()
    first, second = explain(model, noise(SIZE, 1)[0], target=["segment:0", "segment:1"])
    assert not np.allclose(first.values, second.values)
    names = TorchvisionAdapter().names()
    assert {"resnet18", "fasterrcnn_resnet50_fpn", "ssd300_vgg16", "lraspp_mobilenet_v3_large"} <= set(names)
