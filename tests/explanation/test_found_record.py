"""What was found and explained by detectors and segmenters, on disk and back."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.explanations import detected, explanation, segmented
from vitxplain.errors import UsageError
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.storage import load, save
from vitxplain.tasks.base import ExplainedTarget


def saved(made: Explanation, folder: Path) -> list[Path]:
    return save(made, folder, "street", ["npz", "json"])


@pytest.mark.parametrize(
    ("made", "label"), [(detected(1), "object-1"), (segmented(), "segment-0")], ids=["object", "segment"]
)
def test_round_trip(tmp_path, made, label):
    paths = saved(made, tmp_path)
    assert [path.name for path in paths] == [f"street.grad-cam.{label}.{ending}" for ending in ("npz", "json")]
    back = load(paths[0])
    assert (back.task, back.target, back.detections) == (made.task, made.target, made.detections)
    for one, other in zip([back.target, *back.detections], [made.target, *made.detections], strict=True):
        for name in ("region", "mask"):
            np.testing.assert_array_equal(getattr(one, name, None), getattr(other, name, None))
    with np.load(paths[0]) as arrays:
        assert arrays["schema"] == 2
    assert [again.read_bytes() for again in saved(back, tmp_path / "again")][1] == paths[1].read_bytes()


def test_what_the_json_says(tmp_path):
    facts = json.loads(saved(detected(), tmp_path)[1].read_text())
    assert (facts["schema"], facts["task"]) == (2, "object-detection")
    assert facts["target"] == {
        "index": 1, "name": "dog", "probability": 0.97, "label": "object-0", "box": [10.0, 20.0, 40.0, 50.0],
    }  # fmt: skip
    assert facts["found"][1] == {
        "name": "cat, kitten", "index": 0, "score": 0.66, "box": [50.5, 5.0, 88.0, 30.25], "query": 2,
    }  # fmt: skip
    facts = json.loads(saved(segmented(), tmp_path)[1].read_text())
    assert facts["found"][0] == {"name": "road", "index": 1, "score": 0.9, "share": 2 / 3}


def test_a_contrast_tells_both_classes_and_is_read_without_the_other(tmp_path):
    other = ExplainedTarget(0, "cat, kitten", 0.02)
    contrast = replace(detected().target, name="dog ~ cat, kitten", label="object-0~cat, kitten", against=other)
    path = saved(detected(target=contrast), tmp_path)[1]
    facts = json.loads(path.read_text())
    assert facts["target"]["against"] == {"index": 0, "name": "cat, kitten", "probability": 0.02}
    assert load(path).target == contrast
    del facts["target"]["against"]  # as files had it before
    path.write_text(json.dumps(facts))
    assert load(path).target == replace(contrast, against=None)
    path.write_text(json.dumps(facts | {"target": facts["target"] | {"against": "cat"}}))
    with pytest.raises(UsageError, match="an explanation that can be read"):
        load(path)


def test_targets_of_one_image_are_files_side_by_side(tmp_path):
    for number in range(2):
        saved(detected(number), tmp_path)
    assert load(tmp_path / "street.grad-cam.object-1").target.name == "cat, kitten"
    with pytest.raises(UsageError, match=r"give one of street\.grad-cam\.object-0, street\.grad-cam\.object-1"):
        load(tmp_path / "street")


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("object-0~traffic light", "street.grad-cam.object-0~traffic-light.npz"),
        ("tench, Tinca tinca", "street.grad-cam.tench.npz"),
        ("tench, Tinca tinca-0", "street.grad-cam.tench-0.npz"),
        ("../../up", "street.grad-cam.up.npz"),
        ("a" * 300, f"street.grad-cam.{'a' * 200}.npz"),
    ],
)
def test_labels_as_names_of_files(tmp_path, label, name):
    target = ExplainedTarget(0, "tench, Tinca tinca", 0.75, label=label)
    assert save(explanation(target=target), tmp_path, "street", ["npz"]) == [tmp_path / name]


def test_a_class_is_schema_1_with_or_without_a_label(tmp_path):
    for label in ("", "tench, Tinca tinca"):
        made = explanation(target=ExplainedTarget(0, "tench, Tinca tinca", 0.75, label=label))
        facts = json.loads(saved(made, tmp_path)[1].read_text())
        assert facts["schema"] == 1
        assert not {"task", "found"} & facts.keys()
    assert facts["target"]["label"] == label
    assert load(tmp_path / "street.grad-cam.tench").target == made.target


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"task": None}, "None stands where a name is expected"),
        ({"found": 3}, "not an explanation"),
        ({"found": [{"name": "dog", "index": 1}]}, "score is missing"),
        ({"found": [{"name": "dog", "index": 1, "score": 0.5, "box": [1, 2, 3]}]}, "not an explanation"),
        ({"found": [{"name": "dog", "index": 1, "score": 0.5, "box": [5, 2, 3, 9]}]}, "its box is .* not left, top"),
        ({"found": [{"name": "dog", "index": 1, "score": 0.5, "share": 1e999}]}, "its share of the image is inf"),
        ({"target": {"index": 1, "name": "dog", "probability": 0.5, "label": "../dog"}}, "no part of a file's name"),
        ({"target": {"index": 1, "name": "dog", "probability": 0.5, "label": 7}}, "7 stands where a name is expected"),
    ],
)
def test_facts_that_are_wrong(tmp_path, changes: dict[str, Any], words: str):
    numbers, facts = saved(detected(), tmp_path)
    facts.write_text(json.dumps(json.loads(facts.read_text()) | changes))
    with pytest.raises(UsageError, match=words) as error:
        load(numbers)
    assert str(facts) in str(error.value)


@pytest.mark.parametrize("mask", [np.ones((2, 6, 8)), np.ones((6, 8), bool), np.ones((2, 0, 8), bool)])
def test_masks_that_are_none_are_the_fault_of_the_npz(tmp_path, mask):
    numbers, _ = saved(segmented(), tmp_path)
    with np.load(numbers) as arrays:
        np.savez(numbers, **{**arrays, "masks": mask})
    with pytest.raises(UsageError, match="its masks has shape .* and is no mask") as error:
        load(numbers)
    assert str(numbers) in str(error.value)


def test_fewer_masks_than_were_found(tmp_path):
    numbers, _ = saved(segmented(), tmp_path)
    with np.load(numbers) as arrays:
        np.savez(numbers, **{**arrays, "masks": arrays["masks"][:1]})
    with pytest.raises(UsageError, match="tells of 2 things that were found, and its npz has masks of 1"):
        load(numbers)
