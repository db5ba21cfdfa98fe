"""Objects as users name them: which is meant, what is explained of it, and what is said where there is none."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

from tests.tasks.colours import COLOURS, cell, detector, painted, tensor_of
from vitxplain import explain
from vitxplain.errors import TargetError
from vitxplain.tasks.detected import area, overlap
from vitxplain.tasks.leaves import detached

IMAGE = painted(("red", cell(0, 1)), ("pale", cell(2, 3)), ("blue", cell(3, 0)))  # found: red, blue, pale red


def _target(target: Any, **options: Any) -> Any:
    return explain(detector(no_object=False), IMAGE, "grad-cam", target=target, **options).target


@pytest.mark.parametrize(
    ("target", "name", "box", "label"),
    [
        (None, "red", cell(0, 1), "object-0"),
        ("object:0", "red", cell(0, 1), "object-0"),
        ("object:1", "blue", cell(3, 0), "object-1"),
        ("object: 2", "red", cell(2, 3), "object-2"),
        ("red", "red", cell(0, 1), "object-0"),
        ("RED", "red", cell(0, 1), "object-0"),
        ("red#0", "red", cell(0, 1), "object-0"),
        ("red#1", "red", cell(2, 3), "object-2"),
        (2, "blue", cell(3, 0), "object-1"),
        (np.int64(2), "blue", cell(3, 0), "object-1"),
        ("2", "blue", cell(3, 0), "object-1"),
        ("name:blue", "blue", cell(3, 0), "object-1"),
        ("@28,20", "red", cell(2, 3), "object-2"),
        ("@ 0 , 31.5", "blue", cell(3, 0), "object-1"),
        ("box:20,10,32,24", "red", cell(2, 3), "object-2"),
        ("box: -5, 20, 9, 40", "blue", cell(3, 0), "object-1"),
        ("blue~green", "blue ~ green", cell(3, 0), "object-1~green"),
        ("red#1~blue", "red ~ blue", cell(2, 3), "object-2~blue"),
    ],
)
def test_every_spelling_names_its_object(target: Any, name: str, box: Any, label: str) -> None:
    explained = _target(target)
    assert (explained.name, explained.label) == (name, label)
    assert explained.box == pytest.approx(box, abs=1e-4)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("object:3", "target 'object:3' does not exist; found: object:0 red .*, object:1 blue .*, object:2 red"),
        ("red#2", "of red there is only 2, red#0 to #1; found"),
        ("green", "of green there is none; found: .* The best green has 1.8%; min_score="),
        ("gren", "no class named 'gren'. Did you mean 'green'"),
        (7, "target 7 does not exist: the model has 3 classes, 0 to 2"),
        (-1, "target -1 does not exist"),
        (0.5, "target 0.5 is no class"),
        ("object:x", "target 'object:x' cannot be read; targets are object:0"),
        ("@5", "target '@5' cannot be read"),
        ("patch@3,4", "'patch@3,4' is a token that asks, .*; this one takes object:0.*A place in the image is @X,Y"),
        ("cls", "'cls' is a token that asks"),
        ("box:1,2,3", "target 'box:1,2,3' cannot be read"),
        ("box:9,9,9,20", "target 'box:9,9,9,20' is an empty box"),
        (
            "box:14,14,18,18",
            r"overlaps nothing; found: object:0 red \(box:8,0,16,8\), object:1 blue \(box:0,24,8,32\), ",
        ),
        ("@16.5,12", r"lies in no object; found: object:0 red \(box:8,0,16,8\)"),
        ("@100,5", "lies outside the image of "),
        ("red#x", "after # stands a number from 0, such as red#1"),
        ("red~red", "sets a class against itself"),
        ("red~", "'red~' has one class and no other; a contrast is CLASS~OTHER"),
        ([], "an empty list names no target"),
        ((6, 3, 8, 9), 'target 6 does not exist: .* a box is written "box:6,3,8,9"'),
        ((0.5, 3, 8, 9), 'is no class.* a box is written "box:0.5,3,8,9"'),
        (np.ones((32, 32), bool), "a mask names no object of a detector; give the box round it, box:0,0,32,32"),
    ],
)
def test_what_is_not_there_is_said(target: Any, words: str) -> None:
    with pytest.raises(TargetError, match=words):
        _target(target)


def test_classes_may_be_called_like_anything() -> None:
    model = detector(no_object=False, labels=["cat~dog", "all", "a#1"])
    image = painted(("red", cell(0, 0)), ("green", cell(1, 1)), ("blue", cell(2, 2)))
    for name, number in {"cat~dog": 0, "name:all": 1, "a#1": 2, "a#1#0": 2, "cat~dog#0": 0}.items():
        assert explain(model, image, "grad-cam", target=name).target.box == pytest.approx(cell(number, number)), name
    both = explain(model, image, "grad-cam", target="cat~dog~a#1").target
    assert both.name == "cat~dog ~ a#1"
    shares = model.probabilities(model.logits(tensor_of(image)[None]).detach())[0, 0]
    assert (both.against.index, both.against.name) == (2, "a#1")
    assert both.against.probability == pytest.approx(shares[2].item())


def test_everything_wins_over_a_class_of_this_name_only_where_there_is_none() -> None:
    """`explain` gives a list for "all" whatever the classes are called; it then holds the class."""
    model = detector(no_object=False, labels=["cat", "all", "dog"])
    image = painted(("red", cell(0, 0)), ("green", cell(1, 1)))
    assert [one.target.name for one in explain(model, image, "grad-cam", target="all")] == ["all"]
    assert len(explain(detector(no_object=False), image, "grad-cam", target="all")) == 2


def test_the_score_is_the_raw_logit_of_the_query_and_of_a_difference_that_of_both() -> None:
    model = detector()
    pixels = torch.rand(3, 3, 32, 32)
    outputs = detached(model.outputs(pixels))
    logits = outputs["logits"]
    for spelled, expected in {"object:0": None, "red~blue": logits[..., 0] - logits[..., 2]}.items():
        task = model.task.from_score(0)
        settled = task.target(spelled, model.labels).settle(outputs)
        score = settled.rounds[0].score(outputs)
        for number, (target, value) in enumerate(zip(settled.rounds[0].targets, score, strict=True)):
            of_image = logits[number, :, target.detected.index] if expected is None else expected[number]
            assert float(value) == float(of_image[target.detected.query])
            best = logits[number].softmax(-1)[:, :3]
            if expected is None:
                assert float(best.max()) == pytest.approx(target.detected.score)


def test_boxes_overlap_as_they_do() -> None:
    assert overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 2, 2), (2, 2, 3, 3)) == overlap((0, 0, 0, 0), (0, 0, 0, 0)) == 0
    assert area((3, 3, 1, 1)) == 0


def test_of_boxes_that_hold_a_point_the_smallest_is_meant() -> None:
    from vitxplain.tasks.detected import Detected
    from vitxplain.tasks.spelling import spelled
    from vitxplain.tasks.targets.object_target import objects

    boxes = [(0.0, 0.0, 30.0, 30.0), (5.0, 5.0, 15.0, 15.0), (4.0, 4.0, 20.0, 20.0)]
    detections = [Detected(0, "red", 0.9, box, query=number) for number, box in enumerate(boxes)]
    labels = dict(enumerate(COLOURS))
    chosen = objects(spelled("@10,10", labels), detections, lambda: detections, labels)
    assert [one.query for one in chosen] == [1]
    assert all(first.score >= second.score for first, second in pairwise(detections))
