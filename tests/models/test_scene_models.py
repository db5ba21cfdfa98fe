"""The detector and the segmenter in the box: small, right on scenes held out, with maps that point at their finds."""

import numpy as np
import pytest

from vitxplain.api import explain
from vitxplain.data.synthetic.scenes import Scenes
from vitxplain.demo.scenes import found_region
from vitxplain.models import known_models
from vitxplain.models.loading.load import load_model

TASKS = {"demo-detector": "object-detection", "demo-segmenter": "image-segmentation"}


@pytest.fixture(params=TASKS)
def name(request) -> str:
    return request.param


def test_it_is_small_and_says_how_it_was_made(name):
    folder = known_models.demo_folder(name)
    assert sum(file.stat().st_size for file in folder.rglob("*")) <= 4_000_000
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert f"vitx train --task {TASKS[name]} --model scratch --data scenes" in card


def test_the_first_it_finds_is_there_and_its_map_points_at_it(name):
    model = load_model(name)
    assert model.task.name == TASKS[name]
    sample = Scenes("test", size=model.processor.input_size)[2]
    explanation = explain(model, sample.image)
    assert explanation.target is not None
    region = found_region(explanation)
    assert region.flat[np.nan_to_num(explanation.heatmap()).argmax()]
    truths = [one.mask for one in sample.objects if one.name == explanation.target.name]
    assert any((region & mask).sum() > 0.5 * mask.sum() for mask in truths)
