"""Scenes in the demo: which found thing is which true one, the scores of its map, and the sheet."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from tests.explanations import explanation
from vitxplain.data.sample import Sample
from vitxplain.data.synthetic.scenes import Scenes
from vitxplain.demo.page import truth_part
from vitxplain.demo.scene_part import ScenePart
from vitxplain.demo.scene_scores import scene_table
from vitxplain.demo.scene_sheet import scene_sheet
from vitxplain.demo.scenes import Scene, found_region, true_things
from vitxplain.explanation.explanation import Explanation
from vitxplain.metrics.controls import CONTROLS
from vitxplain.tasks.base import ExplainedTarget


@pytest.fixture(scope="module")
def sample() -> Sample:
    scene = Scenes("test", count=3)[2]
    assert len({one.name for one in scene.objects}) == 3
    return scene


def found(sample: Sample, target: ExplainedTarget, values: np.ndarray | None = None) -> Explanation:
    heat = np.ones((96, 96)) if values is None else values
    return replace(explanation(heat, size=(96, 96), target=target), image=sample.image)


def with_boxes(sample: Sample, shift: float = 0.0, names: Iterable[str] = ()) -> Scene:
    names = tuple(names) or tuple(one.name for one in sample.objects)
    explanations = []
    for number, (one, name) in enumerate(zip(sample.objects, names, strict=True)):
        left, top, right, bottom = one.box
        box = (left + shift, top, right + shift, bottom)
        target = ExplainedTarget(one.label, name, 0.9, label=f"object-{number}", box=box)
        explanations.append(found(sample, target, one.mask.astype(float)))
    return Scene(sample, tuple(explanations), of_objects=True)


def with_segments(sample: Sample) -> Scene:
    targets = [
        ExplainedTarget(number, Scenes.map_labels[number], 0.9, share=0.1, region=sample.class_map == number)
        for number in np.unique(sample.class_map[sample.class_map > 0]).tolist()
    ]
    maps = [found(sample, target, target.region.astype(float)) for target in targets]
    return Scene(sample, tuple(maps), of_objects=False)


def test_a_thing_is_found_by_its_name_and_an_overlap_of_half(sample):
    scene = with_boxes(sample)
    assert [thing.explanation for thing in true_things(scene)] == list(scene.explanations)
    assert all(thing.explanation is None for thing in true_things(with_boxes(sample, shift=15)))
    wrong = with_boxes(sample, names=["x", *(one.name for one in sample.objects[1:])])
    assert [thing.explanation is None for thing in true_things(wrong)] == [True, False, False]
    segments = with_segments(sample)
    assert [thing.explanation for thing in true_things(segments)] == list(segments.explanations)
    for thing in true_things(segments):
        assert (found_region(thing.explanation) == thing.region).all()


def test_maps_are_scored_against_what_is_true(sample):
    for scene in (with_boxes(sample), with_segments(sample)):
        first, *controls = scene_table("some", [scene])
        assert (first.model, first.method, first.matched, first.total) == ("some", "grad-cam", 3, 3)
        assert (first.pointing.mean, first.inside.mean) == (1.0, 1.0)
        assert [(one.model, one.method) for one in controls] == [("", name) for name in CONTROLS]
        assert all(one.inside.mean < 0.5 for one in controls)
    assert scene_table("some", [replace(scene, explanations=())]) == []


def test_truth_and_finds_have_the_same_names_and_each_find_a_map(sample):
    objects, segments = scene_sheet("some", [with_boxes(sample)]), scene_sheet("some", [with_segments(sample)])
    for figure, said in ((objects, "{} 90.0%"), (segments, "{}")):
        truth, finds, *maps, bar = figure.axes
        names = sorted(text.get_text() for text in truth.texts)
        assert names == sorted(one.name for one in sample.objects)
        assert sorted(text.get_text() for text in finds.texts) == [said.format(name) for name in names]
        assert sorted(axes.get_title() for axes in maps) == [f"{name}, 90.0%" for name in names]
        assert bar.get_ylabel().replace("\n", " ") == "heat (1 = each map's highest)"
    missed = scene_sheet("some", [replace(with_boxes(sample), explanations=())])
    assert len(missed.axes) == 2


def test_the_page_has_the_table_of_each_model(sample):
    part = ScenePart("some", "object-detection", tuple(scene_table("some", [with_boxes(sample)])), b"png", 1)
    text = truth_part([], 0, {}, [part])
    assert "<h2>some: object-detection</h2>" in text
    assert "Found: 3 of 3 in 1 scenes" in text
    assert all(f">{name}<" in text for name in CONTROLS)
    assert "object-detection" not in truth_part([], 0, {})
