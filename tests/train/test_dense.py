"""Detectors and segmenters from start to finish: the run folder, its figures, resuming, and what is refused."""

import csv
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from tests.sweeps.detector_models import detector
from tests.sweeps.segmenter_models import segmenter, told_its_task
from vitxplain.assessment.assess import assess
from vitxplain.data.load import load_data
from vitxplain.errors import DataError, OptionError, UsageError
from vitxplain.models.loading.load import load_model
from vitxplain.models.processors.whole_image import Pixels
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.run import train

SIZE = (64, 64)
DATA = {"size": SIZE}
SHORT = {"steps": 4, "batch_size": 4, "eval_every": 2, "save_every": 2, "log_every": 1, "watch_every": 0}
MODELS = {
    "object-detection": "RTDetrForObjectDetection",
    "image-segmentation": "SegformerForSemanticSegmentation",
}
FIGURES = {"object-detection": ["map", "map50"], "image-segmentation": ["miou", "pixel_accuracy"]}


def model_of(name: str) -> Any:
    torch.manual_seed(0)
    if name == "SegformerForSemanticSegmentation":
        sizes = {"hidden_sizes": [8, 16, 16, 16], "depths": [1] * 4, "num_attention_heads": [1] * 4}
        return transformers.SegformerForSemanticSegmentation(
            transformers.SegformerConfig(num_labels=4, decoder_hidden_size=16, **sizes)
        )
    return detector(name)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A saved model for each task."""
    made = {}
    for task, name in MODELS.items():
        made[task] = tmp_path_factory.mktemp("models") / name
        model_of(name).save_pretrained(made[task])
        Pixels(SIZE, (0.5,) * 3, (0.5,) * 3).transformers_processor().save_pretrained(made[task])
    return made


def run(model: Any, out: Path, *, options: dict[str, Any] | None = None, **others: Any) -> Any:
    given = {"data_options": DATA, "limit": 8, "device": "cpu", **others}
    return train(
        str(model), given.pop("data", "scenes"), out=out, options=TrainOptions(**SHORT | (options or {})), **given
    )


@pytest.mark.slow
@pytest.mark.parametrize("task", MODELS)
def test_a_run_from_start_to_finish(task: str, folders: dict[str, Path], tmp_path: Path):
    result = run(folders[task], tmp_path / "run", options={"watch_every": 4, "watch_images": 2, "augment": "strong"})
    with (result.folder / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["epoch", "step", "split", "loss", *FIGURES[task], "learning_rate", "seconds"]
    assert [row["split"] for row in rows if row["step"] == "4"][:2] == ["train", "validation"]
    assert {"curves.png", "result.json", "model", "probes"} <= {path.name for path in result.folder.iterdir()}
    data = load_data("scenes", "validation", limit=8, options=DATA)
    assert load_model(result.folder).task.name == task
    assessment = assess(load_model(result.folder, device="cpu"), data, batch_size=3)
    best = next(row for row in rows if row["split"] == "validation" and row["step"] == str(result.best_step))
    for name in FIGURES[task]:
        assert assessment.figures[name] == pytest.approx(result.metrics["validation"][name])
        assert assessment.figures[name] == pytest.approx(float(best[name]), abs=1e-6)
    files = assessment.save(tmp_path / "test", worst=2)
    assert {file.name for file in files} == set(
        "test.json per_class.csv predictions.csv confusion.png worst.png".split()
    )


@pytest.mark.slow
def test_a_segmenter_that_is_told_its_task_comes_back_with_its_words(tmp_path: Path):
    folder = tmp_path / "told"
    segmenter("OneFormerForUniversalSegmentation").save_pretrained(folder)
    words = told_its_task()
    words.image_processor.class_info_file = None  # it lay in a folder that is gone
    for part in (words.image_processor, words.tokenizer):
        part.save_pretrained(folder)
    result = run(folder, tmp_path / "run", options={"steps": 2}, limit=4)
    model = load_model(result.folder, device="cpu")
    assert model.processor.library.metadata["class_names"] == list(model.labels.values())
    data = load_data("scenes", "validation", limit=4, options=DATA)
    assert assess(model, data).figures["miou"] == pytest.approx(result.metrics["validation"]["miou"])


@pytest.mark.slow
def test_a_run_that_stopped_goes_on_as_if_it_had_not(folders: dict[str, Path], tmp_path: Path):
    class Stop(transformers.TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == 3:
                raise RuntimeError("stopped")

    whole = run(folders["object-detection"], tmp_path / "whole", options={"augment": "strong"})
    with pytest.raises(RuntimeError, match="stopped"):
        run(folders["object-detection"], tmp_path / "run", options={"augment": "strong"}, callbacks=[Stop()])
    resumed = run(folders["object-detection"], tmp_path / "run", options={"augment": "strong"}, resume=True)
    first, second = (load_model(one.folder, device="cpu").module.state_dict() for one in (whole, resumed))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.slow
def test_the_same_classes_keep_their_head(folders: dict[str, Path], tmp_path: Path):
    heads = {}

    def on_start(summary: Any) -> None:
        heads["notes"] = summary.notes

    first = run(folders["object-detection"], tmp_path / "first", on_start=on_start, options={"steps": 1})
    assert any("a new head for 10 classes" in note for note in heads["notes"])
    run(first.folder, tmp_path / "second", on_start=on_start, options={"steps": 1})
    assert not any("new head" in note for note in heads["notes"])
    with pytest.raises(OptionError, match="has these classes already"):
        run(first.folder, tmp_path / "third", options={"mode": "head"})


@pytest.mark.parametrize(
    ("task", "others", "kind", "message"),
    [
        ("object-detection", {"data": "digits"}, DataError, "a detector learns from objects with boxes"),
        ("image-segmentation", {"data": "digits", "task": "image-segmentation"}, DataError, "a segmenter learns"),
        ("object-detection", {"task": "image-segmentation"}, UsageError, "is a model for object-detection, and cannot"),
        ("object-detection", {"task": "detection"}, UsageError, "no task is called 'detection'.*object-detection"),
        ("object-detection", {"options": {"label_smoothing": 0.1}}, OptionError, "label_smoothing is for trainings on"),
        ("object-detection", {"options": {"mode": "lora"}}, OptionError, "mode=lora is for classifiers"),
    ],
)
def test_what_cannot_be_is_refused(
    task: str, others: dict[str, Any], kind: type[Exception], message: str, folders: dict[str, Path], tmp_path: Path
):
    others = {"data_options": {}, **others} if "data" in others else others
    with pytest.raises(kind, match=message):
        run(folders[task], tmp_path / "run", **others)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("package", ["pycocotools", "scipy"])
def test_a_missing_package_is_told_before_anything_is_made(
    package: str, folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        UsageError, match=rf"needs {package}, which is not installed: pip install 'vitxplain\[detection\]'"
    ):
        run(folders["object-detection"], tmp_path / "run")
    assert not (tmp_path / "run").exists()
