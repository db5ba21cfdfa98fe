"""evaluate() of detectors and segmenters: figures known in closed form, what is left out, and what is refused."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.evaluation.regions.coloured_data import ColourMaps, InputGradient, Squares
from tests.tasks.colours import COLOURS, cell, detector, mask_finder, painted, segmenter
from vitxplain import evaluate, load_model
from vitxplain.data.sample import DataSet, Sample
from vitxplain.errors import DataError, OptionError, UnsupportedModelError, UsageError
from vitxplain.models.vision_model import VisionModel

OBJECTS = [
    [("red", 0, 1), ("blue", 3, 0)],
    [("red", 2, 2), ("red", 0, 0), ("purple", 1, 3)],
    [("green", 1, 1), ("green", 3, 3)],  # the latter does not count
]
WHERE = ["pointing-game", "mass-accuracy"]


def scores(evaluation, method: str = "input-gradient") -> dict[str, float]:
    return {row.metric: row.score.mean for row in evaluation if row.method == method}


@pytest.fixture(scope="module")
def model() -> VisionModel:
    return detector()


def test_a_map_in_the_box_points_and_has_all_energy_there(model: VisionModel):
    found = evaluate(model, Squares(OBJECTS), InputGradient(), [*WHERE, "iou"], metric_options={"threshold": "mean"})
    assert scores(found) == pytest.approx(dict.fromkeys([*WHERE, "iou"], 1.0))
    (row, *_) = [row for row in found if row.method == "input-gradient"]
    assert (row.images, row.regions, row.decisive) == (3, 5, 3)
    assert [(score.image, score.region) for score in found.map_scores if score.method == "input-gradient"] == [
        ("0.png", "blue"), ("0.png", "red"), ("1.png", "red#0"), ("1.png", "red#1"), ("2.png", "green#0"),
    ]  # fmt: skip
    assert {row.method for row in found if row.control} == {"random", "centre", "edges", "smoothed edges"}
    words = str(found.accuracies["Detector"])
    assert words.startswith("Detector: finds 5 of 5 objects in 3 images (overlap 0.5 or more), and gives them 0.98")
    assert words.endswith("; boxes fill 6.2% of an image on average")  # a place of 4 x 4
    notes = " ".join(found.notes)
    assert "Detector: 1 object left out: the model has no such class (purple: 1)." in notes
    assert "Detector: 1 object left out: marked as a crowd or too difficult (green: 1)." in notes


def test_against_the_mask_half_of_the_map_lies_outside(model: VisionModel):
    found = evaluate(model, Squares(OBJECTS), InputGradient(), WHERE, truth="mask")
    assert scores(found) == pytest.approx(dict.fromkeys(WHERE, 0.5))  # all pixels of a square are equally high


def test_against_what_was_found_the_truth_is_the_models_own_box(model: VisionModel):
    """Labelled are boxes a quarter of a place to the right of those that are found."""

    class Shifted(Squares):
        def __getitem__(self, index: int) -> Sample:
            sample = super().__getitem__(index)
            moved = [replace(thing, box=thing.box._replace(left=thing.box.left + 2)) for thing in sample.objects]
            return replace(sample, objects=tuple(moved))

    data = Shifted([[("red", 0, 1)]])
    assert scores(evaluate(model, data, InputGradient(), WHERE)) == pytest.approx(dict.fromkeys(WHERE, 0.75))
    assert scores(evaluate(model, data, InputGradient(), WHERE, truth="found")) == dict.fromkeys(WHERE, 1.0)


def test_from_which_score_on_things_are_found_is_the_users_choice(model: VisionModel, tmp_path: Path):
    class Pale(Squares):
        def __getitem__(self, index: int) -> Sample:
            return replace(super().__getitem__(index), image=painted(("pale", cell(0, 0)), ("red", cell(2, 2))))

    data, out = Pale([[("red", 0, 0), ("red", 2, 2)]]), tmp_path / "out"
    plain = evaluate(model, data, InputGradient(), WHERE)
    surer = evaluate(model, data, InputGradient(), WHERE, min_score=0.9, out=out)
    assert str(plain.accuracies["Detector"]).startswith("Detector: finds 2 of 2")
    assert str(surer.accuracies["Detector"]).startswith("Detector: finds 1 of 2 objects in 1 image (overlap 0.5 or mor")
    assert "score 0.9 or more" in str(surer.accuracies["Detector"])
    with pytest.raises(UsageError, match="object by box from 0.9 on; now it is maps against each object by box"):
        evaluate(model, data, InputGradient(), WHERE, out=out)


def test_deletion_asks_for_this_object_alone(model: VisionModel):
    """Each square is a sixteenth of the image; once it is black its query says what all black ones say."""
    found = evaluate(model, Squares(OBJECTS[:1]), InputGradient(), ["deletion", "insertion", "positive-perturbation"],
                     metric_options={"steps": 16, "baseline": "zero"})  # fmt: skip
    bright = torch.tensor([4.0, -4.0, -4.0, 0.0]).softmax(0)[0].item()
    dark = torch.tensor([-4.0, -4.0, -4.0, 0.0]).softmax(0)[0].item()
    assert scores(found)["deletion"] == pytest.approx(((bright + dark) / 2 + 15 * dark) / 16, abs=1e-5)
    assert scores(found)["insertion"] == pytest.approx(((bright + dark) / 2 + 15 * bright) / 16, abs=1e-5)
    assert scores(found)["positive-perturbation"] == pytest.approx(0.5 * 0.1 / 0.9, abs=1e-5)  # gone at a tenth


def test_what_is_missed_is_counted_and_has_no_map(model: VisionModel):
    data = Squares(OBJECTS, hidden=("purple", "blue"))
    found = evaluate(model, data, InputGradient(), WHERE)
    assert "finds 4 of 5 objects" in str(found.accuracies["Detector"])
    assert found.accuracies["Detector"].record()["missed"] == 1
    assert any("left out: not found with enough overlap (blue: 1)" in note for note in found.notes)
    assert not any(score.region == "blue" for score in found.map_scores)


def test_files_say_which_object_and_a_second_run_asks_the_model_nothing(model: VisionModel, tmp_path: Path):
    data, out = Squares([*OBJECTS, [("purple", 0, 0)]]), tmp_path / "out"
    first = evaluate(model, data, InputGradient(), WHERE, out=out)
    first.save(out)
    with (out / "images.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["image"], row["region"]) for row in rows} == {
        (score.image, score.region) for score in first.map_scores
    }
    saved = json.loads((out / "evaluation.json").read_text())
    assert saved["models"]["Detector"]["answers"]["objects"] == 5
    assert saved["rows"][0]["regions"] == 5
    assert (out / "best-and-worst").is_dir()
    assert "5 objects in 3 images" in (out / "evaluation.md").read_text()
    passes = model.module.passes
    again = evaluate(model, data, InputGradient(), WHERE, out=out)
    assert model.module.passes == passes
    assert [row.score for row in again] == [row.score for row in first]
    assert str(again.accuracies["Detector"]) == str(first.accuracies["Detector"])
    more = evaluate(model, data, InputGradient(), [*WHERE, "entropy"], out=out)
    assert scores(more)["mass-accuracy"] == pytest.approx(1.0)
    with pytest.raises(UsageError, match="object by box; now it is maps against each object by mask"):
        evaluate(model, data, InputGradient(), WHERE, out=out, truth="mask")


@pytest.mark.parametrize("make", [segmenter, mask_finder])
def test_a_class_is_scored_against_its_mask(make):
    data = ColourMaps([[("red", 0, 1), ("blue", 3, 0), ("blue", 2, 0)], [("purple", 1, 1), ("green", 2, 3)]])
    model = make()
    found = evaluate(
        model, data, InputGradient(), [*WHERE, "deletion"], metric_options={"steps": 16, "baseline": "zero"}
    )
    assert {metric: score for metric, score in scores(found).items() if metric in WHERE} == pytest.approx(
        dict.fromkeys(WHERE, 1.0)
    )
    assert scores(found)["deletion"] < 0.1
    regions = [score.region for score in found.map_scores if score.method == "input-gradient"]
    assert regions == ["blue", "red", "green"]  # no background
    (answer,) = found.accuracies.values()
    assert "finds 3 of 3 classes in 2 images, and gives them 0.9" in str(answer)
    assert any("no such class (purple: 1)" in note for note in found.notes)


def test_every_metric_is_defined():
    options = {"steps": 2, "samples": 2, "stages": 1}
    found = evaluate(detector(), Squares(OBJECTS[:1]), "gradient-activation", "all", metric_options=options)
    metrics = {row.metric for row in found if row.method == "gradient-activation"}
    assert {"positive-perturbation", "max-sensitivity", "randomisation", "average-drop", "rank-accuracy"} <= metrics
    assert not found.failures
    assert all(row.score.mean == row.score.mean for row in found if row.method == "gradient-activation")


class Bare(DataSet):
    """Images with a class alone."""

    name, split, labels = "bare", "test", ("red", "green")

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Sample:
        return Squares(OBJECTS)[index]


class Foreign(Squares):
    object_labels = ("cat", "dog")


def classifier() -> VisionModel:
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 8, 8), torch.nn.Flatten(2), torch.nn.Flatten(), torch.nn.Linear(64, 3)
    )
    return load_model(module.eval(), mean=0.0, std=1.0, size=32, labels=COLOURS)


@pytest.mark.parametrize(
    ("make", "data", "options", "error", "words"),
    [
        (detector, Bare(), {}, DataError, "is an object detector, .* bare has neither boxes nor masks"),
        (segmenter, Bare(), {}, DataError, "is a segmenter, .* bare has none. Take data with maps of classes"),
        (detector, Foreign(OBJECTS), {}, DataError, "no class in common: .* red, green, blue, .* cat, dog"),
        (segmenter, ColourMaps(OBJECTS), {"truth": "box"}, UsageError, "scored against masks; leave truth='box'"),
        (classifier, Squares(OBJECTS), {"truth": "box"}, UsageError, "is a classifier"),
        (classifier, Squares(OBJECTS), {"min_score": 0.3}, OptionError, "min_score is for models that find objects"),
        (detector, Squares(OBJECTS), {"min_score": 3}, OptionError, "min_score is 3; it takes a number from 0 to 1"),
        (detector, Squares(OBJECTS), {"preset": "deepvisionxplain"}, UsageError, "each object has a map of its own"),
        (lambda: [detector(), segmenter()], Squares(OBJECTS), {}, UsageError, "of each object and .* of each class"),
    ],
)
def test_what_cannot_be_scored_is_refused(make, data, options, error, words):
    metrics = None if "preset" in options else WHERE
    with pytest.raises(error, match=words):
        evaluate(make(), data, InputGradient(), metrics, **options)


def test_where_nothing_is_found_the_best_overlap_is_said():
    shifted = Squares([[("red", 0, 1)]])
    image = shifted[0]
    box = image.objects[0].box._replace(left=14.0)  # 2 of 8 columns
    moved = type(image.objects[0])(0, "red", box)

    class Moved(Squares):
        def __getitem__(self, index: int) -> Sample:
            return Sample(image.image, 0, "0.png", objects=(moved,))

    with pytest.raises(DataError, match=r"finds none of 1 object: the best overlap is 0.25, and 0.5 is needed"):
        evaluate(detector(), Moved([[()]]), InputGradient(), WHERE)
    with pytest.raises(DataError, match="nothing of their classes"):
        evaluate(detector(), Squares([[("red", 0, 1)]], hidden=("red",)), InputGradient(), WHERE)


def test_a_model_without_a_head_is_refused():
    from transformers import ViTConfig, ViTModel

    config = ViTConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, image_size=32, patch_size=16
    )
    with pytest.raises(UnsupportedModelError, match="for classifiers, object detectors and segmenters"):
        evaluate(load_model(ViTModel(config).eval(), mean=0.0, std=1.0, size=32), Squares(OBJECTS), "rollout", WHERE)
