"""Whether the models whose maps are scored know the images."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.evaluation.small_models import small_cnn
from vitxplain import evaluate, explain
from vitxplain.data.load import load_data
from vitxplain.evaluation.plan.classes import lacked
from vitxplain.evaluation.scoring.map_scores import MapScores
from vitxplain.evaluation.table.method_scores import method_scores
from vitxplain.evaluation.table.model_accuracy import ModelAccuracy, model_accuracies
from vitxplain.metrics.intervals import wilson


def test_answers_are_those_of_the_model(tmp_path: Path):
    data = load_data("digits", limit=25)
    guesser = small_cnn([str(digit) for digit in range(10)], data)
    found = evaluate(["demo-cnn", guesser], data, "grad-cam", "entropy", out=tmp_path)
    for name, model in {"demo-cnn": "demo-cnn", "SmallCNN": guesser}.items():
        said = [explain(model, sample.image, "grad-cam").target for sample in data]
        right = sum(one.name == data.labels[sample.label] for one, sample in zip(said, data, strict=True))
        one = found.accuracies[name]
        assert (one.images, one.chance, one.accuracy) == (25, 0.1, wilson(right, 25))
        assert one.probability.mean == pytest.approx(np.mean([each.probability for each in said]), abs=1e-5)
    assert found.accuracies["SmallCNN"].accuracy.mean < 0.3
    assert [note for note in found.notes if "guessing" in note] == [found.accuracies["SmallCNN"].note()]
    found.save(tmp_path)
    written = json.loads((tmp_path / "evaluation.json").read_text())["models"]
    assert written["demo-cnn"]["answers"] == found.accuracies["demo-cnn"].record()
    assert f"\n- {found.accuracies['demo-cnn']}\n" in (tmp_path / "evaluation.md").read_text()


def test_a_model_that_guesses_is_named():
    def note(right: int, images: int, classes: int) -> str | None:
        return ModelAccuracy("net", images, wilson(right, images), 1 / classes, wilson(1, 2)).note()

    assert note(9, 100, 10) == (
        "net is right on 9 % of these images, no better than guessing (10 %): its maps explain nothing."
    )
    assert note(3, 3, 2) == (
        "net is right on 100 % [44 %, 100 %] of these images, which cannot be told from guessing (50 %): "
        "its maps may explain nothing."
    )
    assert note(95, 100, 10) is None


def test_answers_are_in_the_folder_and_an_old_folder_has_none(tmp_path: Path):
    asked = ("demo-cnn", "digits", ["grad-cam"])
    first = evaluate(*asked, "entropy", limit=4, out=tmp_path)
    again = evaluate(*asked, "entropy", limit=4, out=tmp_path)
    assert again.accuracies == first.accuracies
    more = evaluate("demo-cnn", "digits", ["grad-cam", "cam"], ["entropy"], limit=4, out=tmp_path)
    assert more.accuracies == first.accuracies
    scores = tmp_path / "scores-0.jsonl"
    old = [json.loads(line) for line in scores.read_text().splitlines()]
    for line in old:
        del line["right"], line["probability"]
    scores.write_text("".join(json.dumps(line) + "\n" for line in old))
    assert evaluate(*asked, "entropy", limit=4, out=tmp_path).accuracies == {}
    assert evaluate(*asked, ["entropy", "sparseness"], limit=4, out=tmp_path).accuracies == first.accuracies


def test_images_scored_before_answers_were_kept():
    old, new = MapScores("m", "a", "1", {}), MapScores("m", "a", "2", {}, right=True, probability=0.5)
    digits = load_data("digits", limit=2)
    assert model_accuracies(method_scores([old, new]), digits) == {}
    assert model_accuracies(method_scores([new]), digits)["m"].images == 1
    assert old.joined(MapScores("m", "a", "1", {}, right=False, probability=0.1)).right is False


def test_the_preset_explains_another_class_than_the_model_predicts():
    data = load_data("defects", limit=12)
    model = small_cnn(("good", "defect"), data)
    (one,) = evaluate(model, data, preset="deepvisionxplain").accuracies.values()
    said = [explain(model, sample.image, "cam", target="defect").target.probability for sample in data]
    assert one.probability.mean == pytest.approx(np.mean(said), abs=1e-5)
    right = [(share > 0.5) == (data.labels[sample.label] == "defect") for share, sample in zip(said, data, strict=True)]
    assert one.accuracy.mean == pytest.approx(np.mean(right))


def test_a_model_of_other_classes_is_scored_and_named():
    found = evaluate(["demo-vit", "demo-cnn"], "defects", "grad-cam", "average-precision", limit=2)
    said = "names none of the classes of defects (good, defect): its maps are about its own classes."
    assert found.notes[:2] == (f"demo-vit {said}", f"demo-cnn {said}")
    assert {one.accuracy for one in found.accuracies.values()} == {None}
    assert str(found.accuracies["demo-vit"]).startswith("demo-vit: gives the explained class 0.")


def test_which_classes_of_the_data_a_model_lacks():
    imagenet = {0: "tench, Tinca tinca", 1: "tabby, tabby cat"}
    assert lacked(imagenet, ["good", "defect"]) == ["good", "defect"]
    assert lacked(imagenet, ["tench", "dog"]) == ["dog"]
    assert lacked(imagenet, ["object"]) == []
    assert lacked({0: "LABEL_0", 1: "LABEL_1"}, ["good", "defect"]) == []


def test_a_model_that_lacks_some_of_the_classes_is_named_with_them():
    data = load_data("digits", limit=2)
    found = evaluate(small_cnn(["3", "7", "cat"], data), data, "grad-cam", "entropy")
    said = "SmallCNN lacks 8 of the 10 classes of digits (0, 1, 2, ...): how often it is right is not told"
    assert found.notes[0].startswith(said)
