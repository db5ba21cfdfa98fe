"""What a run folder holds, and that its figures are those of the model in it."""

import csv
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

import vitxplain
from tests.train.tiny import DATA, tiny
from vitxplain.assessment.assess import assess
from vitxplain.data.load import load_data
from vitxplain.inspect import open_recording
from vitxplain.train.config.configure import configure
from vitxplain.train.records.result import RunResult
from vitxplain.train.records.run_folder import RunFolder


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    return tiny(tmp_path_factory.mktemp("runs") / "run", options={"loggers": "tensorboard"})


def test_what_lies_in_it(result: RunResult):
    names = {path.name for path in result.folder.iterdir()}
    assert names == set("config.yaml metrics.csv curves.png result.json model checkpoints tensorboard".split())
    assert {path.name for path in (result.folder / "model").iterdir()} == {
        *("config.json", "model.safetensors", "preprocessor_config.json", "README.md", "curves.png")
    }
    assert [path.name for path in sorted((result.folder / "checkpoints").iterdir())] == [
        "checkpoint-10",
        "checkpoint-8",
    ]
    assert len(list((result.folder / "tensorboard").iterdir())) == 1
    with Image.open(result.folder / "curves.png") as curves:
        assert curves.width > 1000


def test_the_model_in_it_has_its_figures(result: RunResult):
    for split, figures in result.metrics.items():
        data = load_data("digits", split, limit=40, options=DATA)
        found = assess(vitxplain.load_model(result.folder, device="cpu"), data, batch_size=8)
        assert found.scores.loss == pytest.approx(figures["loss"], rel=1e-6)
        assert found.scores.top1 == figures["accuracy"]


def test_metrics(result: RunResult):
    with (result.folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "step", "split", "loss", "accuracy", "learning_rate", "seconds"]
    steps = {split: [int(row["step"]) for row in rows if row["split"] == split] for split in ("train", "validation")}
    assert steps == {"train": [2, 3, 4, 6, 8, 9, 10], "validation": [3, 6, 9, 10]}
    best = max(
        (row for row in rows if row["split"] == "validation"),
        key=lambda row: (float(row["accuracy"]), -float(row["loss"])),
    )
    final = {row["split"]: row for row in rows[-2:]}
    assert final.keys() == {"best-validation", "test"}
    assert final["best-validation"]["step"] == best["step"] == str(result.best_step)
    assert float(final["best-validation"]["loss"]) == pytest.approx(float(best["loss"]), rel=1e-5)
    seconds = [float(row["seconds"]) for row in rows]
    assert seconds == sorted(seconds)


def test_its_configuration_makes_the_same_run_again(result: RunResult, tmp_path: Path):
    again = configure(result.folder / "config.yaml", [])
    assert again.options.learning_rate == 0.001
    assert again.options.eval_batch_size == 8
    assert again.model_options["image_size"] == (24, 24)
    assert (again.model_options["kind"], again.model_options["mlp_ratio"]) == ("vit", 4.0)  # left out, and said anyway
    assert again.data_options["seed"] == 0
    assert yaml.safe_load(again.as_yaml()) == yaml.safe_load((result.folder / "config.yaml").read_bytes())


def test_who_may_read_the_config_may_read_the_weights(result: RunResult):
    modes = {file.stat().st_mode for file in (result.folder / "model").iterdir()}
    assert len(modes) == 1


def test_model_card(result: RunResult):
    card = (result.folder / "model" / "README.md").read_text()
    assert "vitx train --model scratch --data digits --limit 40 -o epochs=2" in card
    assert f"| test | 40 | {result.metrics['test']['accuracy']:.2%} |" in card
    assert "mlp_ratio" not in card  # what is left at its default
    assert yaml.safe_load(card.split("---")[1])["pipeline_tag"] == "image-classification"


def test_one_batch_is_memorised(tmp_path: Path):
    options = {"preset": "one-batch", "epochs": None, "eval_every": None, "save_every": None, "learning_rate": 0.01}
    found = tiny(tmp_path / "run", options=options)
    assert found.step == 100
    classes = found.metrics["validation"].pop("classes")
    assert found.metrics["validation"] == {"loss": pytest.approx(0, abs=0.2), "accuracy": 1.0, "images": 8}
    assert classes >= 4


@pytest.mark.parametrize("mode", ["head", "lora"])
def test_fine_tuning_leaves_the_rest_alone(tmp_path: Path, vit_folder: Path, photo_folder: Any, mode: str):
    folder = photo_folder({"red": 12, "green": 12, "blue": 12})
    options = {"mode": mode, "epochs": 4, "learning_rate": 0.05, "eval_every": None, "save_every": None}
    found = tiny(tmp_path / "run", model=str(vit_folder), data=str(folder), data_options={}, options=options)
    opened, before = vitxplain.load_model(found.folder, device="cpu"), vitxplain.load_model(vit_folder, device="cpu")
    assert list(opened.labels.values()) == ["blue", "green", "red"]
    patches = "vit.embeddings.patch_embeddings.projection.weight"
    assert torch.equal(opened.module.state_dict()[patches], before.module.state_dict()[patches])
    assert found.metrics["test"]["accuracy"] > 0.6


@pytest.mark.parametrize(
    "options",
    [
        {"precision": "bf16"},
        {"scheduler": "plateau", "patience": 1, "class_weights": "balanced"},
        {"accumulate": 2, "label_smoothing": 0.1, "optimizer": "sgd", "scheduler": "constant", "augment": "strong"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_options(tmp_path: Path, options: dict):
    assert tiny(tmp_path / "run", options={"epochs": 1, **options}).step == (3 if "accumulate" in options else 5)


def test_early_stopping(tmp_path: Path):
    options = {"epochs": 50, "eval_every": 1, "early_stopping": 3, "learning_rate": 1e-9}
    found = tiny(tmp_path / "run", options=options)
    assert found.stopped_early
    assert found.step == 4  # the loss goes down a little at each, the accuracy stays: none is better


def test_damaged_images_are_skipped_and_named(tmp_path: Path, photo_folder: Any):
    folder = photo_folder({"red": 12, "green": 12})
    whole = (folder / "red" / "03.png").read_bytes()
    (folder / "red" / "03.png").write_bytes(whole[: len(whole) // 2])
    own: dict[str, Any] = {"data": str(folder), "data_options": {}, "options": {"epochs": 1}}
    with pytest.warns(UserWarning, match="1 of the .* images of the .* split of .* is left out: .*03.png"):
        assert tiny(tmp_path / "run", **own).step > 0
    with pytest.raises(vitxplain.errors.ImageError, match="03.png is damaged"):
        tiny(tmp_path / "other", strict=True, **own)


@pytest.mark.slow
def test_explanations_are_watched(tmp_path: Path):
    watched = {"watch_every": 5, "watch_images": 2, "watch_method": "grad-cam", "watch_attention": True}
    found = tiny(tmp_path / "run", options={"epochs": 1, **watched})
    names = {path.name for path in (found.folder / "probes").iterdir()}
    assert names == {"step-000000.png", "step-000005.png", "attention_distance.csv"}
    recording = open_recording(found.folder)
    assert [(record.step, record.name) for record in recording] == [
        (step, f"image {number}") for step in (0, 5) for number in (1, 2)
    ]
    before, after = recording.records[0].attention(0), recording.records[2].attention(0)
    assert np.abs(before - after).max() > 0  # of the network as it was at each step
    RunFolder(found.folder).clear()
    assert not list(found.folder.iterdir())


def test_folders_may_be_typed_from_anywhere(
    tmp_path: Path, photo_folder: Any, vit_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """The run knows where its folders are; who gets its model does not."""
    folder = photo_folder({"red": 12, "green": 12})
    monkeypatch.chdir(folder.parent)
    own: dict[str, Any] = {"model": os.path.relpath(vit_folder), "data_options": {}, "options": {"epochs": 1}}
    first = tiny(tmp_path / "run", data="photos", **own)
    config = configure(first.folder / "config.yaml", [])
    assert (config.data, config.data_options["seed"]) == (str(folder), 0)
    for file in (first.folder / "model").rglob("*"):
        assert str(tmp_path).encode() not in file.read_bytes()
    (first.folder / "result.json").unlink()
    monkeypatch.chdir("/")
    again = tiny(
        first.folder, model=str(vit_folder), data=str(folder), data_options={}, options=own["options"], resume=True
    )
    assert again.metrics == first.metrics
    (first.folder / "result.json").unlink()
    moved = folder.rename(tmp_path / "moved")
    again = tiny(
        first.folder, model=str(vit_folder), data=str(moved), data_options={}, options=own["options"], resume=True
    )
    assert again.metrics == first.metrics
