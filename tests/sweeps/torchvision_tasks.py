"""Tiny detectors and segmenters of torchvision's classes, and what is found when they are tried."""

from functools import lru_cache
from typing import Any, Final

import torch
from torch import nn

from tests.peers_site.box_operators import register
from tests.sweeps.lively import lively, noise, settled
from tests.sweeps.task_trials import TaskTrial, facts, tried
from vitxplain.models.loading.load import load_model

SIZE: Final = (64, 96)
LABELS: Final = 4  # background included
FAMILIES: Final = {
    "detectors": ["FCOS", "FasterRCNN", "MaskRCNN", "RetinaNet", "SSD"],
    "segmenters": ["DeepLabV3", "FCN", "LRASPP"],
}
SEEDS: Final = {"SSD": 1}  # with the usual weights all channels speak against what it finds, and Grad-CAM is blank
NAMES: Final = [(family, name) for family, names in FAMILIES.items() for name in names]


class Features(nn.Sequential):
    """A backbone as segmenters want it: its last map is "out", and for LR-ASPP "high", the one before "low"."""

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        *early, last = self
        for part in early:
            x = part(x)
        return {"low": x, "high": last(x), "out": last(x)}


def detector(name: str) -> nn.Module:
    """With fresh weights, of which the first label is the background."""
    from torchvision.models import detection
    from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator

    torch.manual_seed(0)
    backbone: Any = nn.Sequential(nn.Conv2d(3, 8, 8, 8), nn.ReLU(), nn.Conv2d(8, 32, 3, padding=1))
    backbone.out_channels = 32
    sizes: Any = {"min_size": 64, "max_size": 96}
    few: Any = {"detections_per_img": 5, "topk_candidates": 10}
    few_regions: Any = {"box_detections_per_img": 5, "rpn_post_nms_top_n_test": 10, **sizes}
    anchors = AnchorGenerator(((16, 32),), ((1.0,),))
    if name == "SSD":
        backbone.out_channels = [32]
        return detection.ssd.SSD(backbone, DefaultBoxGenerator([[2]]), SIZE, LABELS, **few)
    if name == "FCOS":
        anchors = AnchorGenerator(((8,),), ((1.0,),))
        return detection.FCOS(backbone, LABELS, anchor_generator=anchors, **few, **sizes)
    if name == "RetinaNet":
        return detection.RetinaNet(backbone, LABELS, anchor_generator=anchors, **few, **sizes)
    return getattr(detection, name)(backbone, LABELS, rpn_anchor_generator=anchors, **few_regions)


def segmenter(name: str) -> nn.Module:
    """With lively weights."""
    from torchvision.models import segmentation as s

    torch.manual_seed(0)
    features = Features(nn.Conv2d(3, 8, 4, 4), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, padding=1))
    if name == "LRASPP":
        module: nn.Module = s.LRASPP(features, 8, 16, LABELS, inter_channels=16)
    elif name == "FCN":
        module = s.FCN(features, s.fcn.FCNHead(16, LABELS))
    else:
        module = s.DeepLabV3(features, s.deeplabv3.DeepLabHead(16, LABELS, (1, 2, 3)))
    word = "input" if name == "LRASPP" else "x"
    return settled(lively(module), **{word: noise(SIZE, 8)})


@lru_cache(maxsize=1)  # the tests ask for each in turn
def task_trial(family: str, name: str) -> TaskTrial:
    """What comes of a model of this class."""
    register()
    module = lively(detector(name), SEEDS.get(name, 0)) if family == "detectors" else segmenter(name)
    return tried(name, module, lambda module: load_model(module, mean=0.0, std=1.0, size=SIZE))


def rows(family: str) -> dict[str, Any]:
    """The table of one family."""
    return {name: facts(task_trial(family, name).model) for name in FAMILIES[family]}
