"""The detector and the segmenter in the box: small, right on scenes held out, with maps that point at their finds."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vitxplain.api import explain
from vitxplain.data.sample import Sample
from vitxplain.data.synthetic.scenes import Scenes
from vitxplain.demo.scenes import found_region
from vitxplain.models import known_models
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.detected import overlap

TASKS = {"demo-detector": "object-detection", "demo-segmenter": "image-segmentation"}
SCENES = 200


@pytest.fixture(params=known_models.SCENE_MODELS)
def name(request) -> str:
    return request.param


def test_it_is_small_and_says_how_it_was_made(name):
    folder = known_models.demo_folder(name)
    assert sum(file.stat().st_size for file in folder.rglob("*")) <= 4_000_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "vitx train --model scratch --data scenes --task " + TASKS[name] in card


def test_the_first_it_finds_is_there_and_its_map_points_at_it(name):
    model = load_model(name)
    assert model.task.name == TASKS[name]
    sample = Scenes("test", size=model.processor.input_size)[4]
    explanation = explain(model, sample.image)
    region = found_region(explanation)
    assert region.flat[np.nan_to_num(explanation.heatmap()).argmax()]
    masks = [one.mask for one in sample.objects if one.name == explanation.target.name]
    assert any((region & mask).sum() > 0.5 * mask.sum() for mask in masks)


@pytest.mark.slow
def test_the_detector_reaches_its_bar_on_scenes_held_out():
    model = load_model("demo-detector")
    found: list[tuple[float, int, int, tuple[float, ...]]] = []  # score, scene, class, box
    scenes = []
    for sample, outputs in _passes(model):
        centres, sides = outputs["pred_boxes"][0].split(2, -1)
        boxes = (torch.cat([centres - sides / 2, centres + sides / 2], -1) * 96).tolist()
        scores = outputs["logits"][0].sigmoid()
        found += [
            (scores[query, label].item(), len(scenes), label, tuple(box))
            for query, box in enumerate(boxes)
            for label in range(10)
        ]
        scenes.append(sample)
    assert np.mean([_average_precision(label, found, scenes) for label in range(10)]) >= 0.8


@pytest.mark.slow
def test_the_segmenter_reaches_its_bar_on_scenes_held_out():
    model = load_model("demo-segmenter")
    pairs = np.zeros((11, 11))  # pixels of a true and a found class
    for sample, outputs in _passes(model):
        raised = F.interpolate(outputs["logits"], size=(96, 96), mode="bilinear")
        np.add.at(pairs, (sample.class_map, raised[0].argmax(0).numpy()), 1)
    shared = np.diag(pairs)
    assert np.mean(shared / (pairs.sum(0) + pairs.sum(1) - shared)) >= 0.7


def _passes(model: VisionModel) -> Iterator[tuple[Sample, dict]]:
    for sample in Scenes("test", size=(96, 96), count=SCENES):
        with torch.no_grad():
            yield sample, model.module(model.processor([sample.image]))


def _average_precision(label: int, found: list, scenes: list[Sample]) -> float:
    """The area under precision over recall at an overlap of 0.5 (Everingham et al. 2010), a slow loop."""
    free = [[tuple(one.box) for one in scene.objects if one.label == label] for scene in scenes]
    total, hits = sum(map(len, free)), []
    for _, scene, _, box in sorted((one for one in found if one[2] == label), reverse=True):
        best = max(free[scene], key=lambda true: overlap(box, true), default=None)
        hit = best is not None and overlap(box, best) >= 0.5
        if hit:
            free[scene].remove(best)
        hits.append(hit)
    right = np.cumsum(hits)
    precision = np.maximum.accumulate((right / np.arange(1, len(hits) + 1))[::-1])[::-1]
    return float((precision * np.diff(right, prepend=0)).sum() / total)
