"""How much of a target is left in a changed image: from anywhere in the output, not from the query that found it."""

import numpy as np
import pytest
import torch

from vitxplain.geometry import Geometry
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.classification import Classification
from vitxplain.tasks.detected import Detected, overlap
from vitxplain.tasks.detection import BOXES, Detection
from vitxplain.tasks.masks import MASKS
from vitxplain.tasks.pixel_classes import PixelClasses
from vitxplain.tasks.spelling import Spelling
from vitxplain.tasks.targets.mask_target import MaskTarget
from vitxplain.tasks.targets.object_target import ObjectTarget, overlaps
from vitxplain.tasks.targets.per_image import PerImage
from vitxplain.tasks.targets.region_target import RegionTarget

NAMES = {0: "cat", 1: "dog"}


def test_of_a_class_it_is_its_probability():
    probabilities = {LOGITS: torch.tensor([[0.1, 0.9], [0.7, 0.3]])}
    assert Classification().target(1, NAMES).presence(probabilities).tolist() == pytest.approx([0.9, 0.3])


def test_an_object_may_be_found_again_by_another_query():
    """Query 0 finds a dog; in the second image query 1 does, in a box of half its width."""
    box, half = [0.5, 0.5, 0.4, 0.2], [0.4, 0.5, 0.2, 0.2]
    logits = torch.tensor([[[-9.0, 2.0], [-9.0, -9.0]], [[-9.0, -9.0], [-9.0, 3.0]]])
    outputs = {LOGITS: logits, BOXES: torch.tensor([[box, half], [box, half]])}
    task = Detection(2)
    first = {role: tensor[:1] for role, tensor in outputs.items()}
    geometry = Geometry.identity((10, 10))
    (target,) = task.choose(Spelling(), first, task.find(first, geometry, NAMES), geometry, NAMES)
    present = target.presence(task.probabilities(outputs))
    assert present.tolist() == pytest.approx(
        [torch.tensor(2.0).sigmoid().item(), 0.5 * torch.tensor(3.0).sigmoid().item()]
    )
    assert target.score(outputs).tolist() == pytest.approx([2.0, -9.0])  # of its query alone
    each = PerImage((target, target)).presence(task.probabilities(outputs))
    assert each.tolist() == pytest.approx(present.tolist())


def test_overlaps_are_those_of_corners():
    draw = torch.Generator().manual_seed(0)
    boxes = torch.rand(1, 50, 4, generator=draw) * 0.5 + 0.1
    boxes[0, 0, 2:] = 0  # no area
    one = boxes[0, 7]

    def corners(box: torch.Tensor) -> tuple[float, ...]:
        x, y, width, height = box.tolist()
        return x - width / 2, y - height / 2, x + width / 2, y + height / 2

    expected = [overlap(corners(box), corners(one)) for box in boxes[0]]
    assert overlaps(boxes, one)[0].tolist() == pytest.approx(expected, abs=1e-6)
    assert overlaps(torch.zeros(1, 1, 4), torch.zeros(4)).tolist() == [[0.0]]


def test_of_a_region_it_is_the_mean_probability():
    mask = np.array([[True, True], [False, False]])
    shares = torch.tensor([[[[0.8, 0.4], [0.1, 0.2]], [[0.2, 0.6], [0.9, 0.8]]]])
    target = RegionTarget(Detected(0, "cat", 0.6, mask=mask))
    assert target.presence({LOGITS: shares}).tolist() == pytest.approx([0.6])
    assert PixelClasses().probabilities({LOGITS: shares})[LOGITS].sum(1).flatten().tolist() == pytest.approx([1.0] * 4)


def test_of_a_mask_it_is_the_query_that_covers_it_best():
    mask = np.array([[True, True], [False, False]])
    shares = torch.tensor([[[0.9, 0.1], [0.5, 0.5]]])  # two queries, cat and dog
    masks = torch.tensor([[[[-50.0, 50.0], [50.0, 50.0]], [[50.0, 50.0], [-50.0, -50.0]]]])
    target = MaskTarget(Detected(0, "cat", 0.9, query=0, mask=mask))
    assert target.presence({LOGITS: shares, MASKS: masks}).tolist() == pytest.approx([0.5])


def test_a_target_that_is_not_settled_is_in_no_image():
    with pytest.raises(TypeError, match="settle it"):
        Detection(2).target(None, NAMES).presence({})
    assert ObjectTarget(Detected(0, "cat", 0.9, query=0)).input_box is None
