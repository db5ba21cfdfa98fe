"""vitx test"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

from tests.cli.conftest import Said
from vitxplain.cli.test.result_folder import folder_of
from vitxplain.train.config.run_config import RunConfig
from vitxplain.train.records.run_folder import RunFolder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A ViT that knows the digits in another order."""
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=32,
        patch_size=8,
        id2label=dict(enumerate("3140592687")),
    )
    ViTForImageClassification(config).save_pretrained(tmp_path / "vit")
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(tmp_path / "vit")
    return tmp_path / "vit"


def test_table_and_files(vitx: Callable[..., Said], model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    said = vitx("test", "--model", model, "--data", "digits", "--limit", 30, "--worst", 4)
    assert said.code == 0
    assert "digits (test), 30 images" in said.out
    assert "mean of classes" in said.out
    names = {"test.json", "per_class.csv", "predictions.csv", "confusion.png", "worst.png"}
    folder = tmp_path / "vitx-out" / "test" / "vit-digits-test-30"
    assert {path.name for path in folder.iterdir()} == names
    assert "(95 % interval " in said.out
    assert "too few images to tell " in said.out
    assert "replaced" not in said.err
    again = vitx("test", "--model", model, "--data", "digits", "--limit", 30, "--worst", 0)
    assert "vit-digits-test-30 held a test on digits (test, 30 images, top-1 " in again.err
    assert "it is replaced" in again.err
    assert not (folder / "worst.png").exists()


def test_json_is_one_line(vitx: Callable[..., Said], model: Path, tmp_path: Path):
    said = vitx("test", "--model", model, "--data", "digits", "--limit", 20, "--worst", 0, "--out", tmp_path, "--json")
    (facts,) = said.json
    written = json.loads((tmp_path / "test.json").read_text())
    assert {name: value for name, value in facts.items() if name != "files"} == written
    assert facts["images"] == 20
    assert [Path(file).name for file in facts["files"]] == [
        "test.json", "per_class.csv", "predictions.csv", "confusion.png"
    ]  # fmt: skip


def test_quiet_says_nothing(vitx: Callable[..., Said], model: Path, tmp_path: Path):
    said = vitx("test", "--model", model, "--data", "digits", "--limit", 10, "--out", tmp_path, "--worst", 0, "--quiet")
    assert (said.code, said.out, said.err) == (0, "", "")


def test_a_run_is_tested_on_its_own_data_into_its_own_folder(vitx: Callable[..., Said], model: Path, tmp_path: Path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "config.yaml").write_bytes(RunConfig("scratch", "digits", data_options={"size": (32, 32)}).as_yaml())
    model.rename(run / "model")
    arguments = ["test", "--model", run, "--limit", 10, "--worst", 0]
    said = vitx(*arguments)
    assert (said.code, said.err) == (0, "")
    first = json.loads((run / "test" / "digits-test-10" / "test.json").read_text())
    (named,) = vitx(*arguments, "--data", "digits", "--json").json
    (other,) = vitx(*arguments, "--data", "digits", "-o", "data.size=64", "--json").json
    assert first["loss"] == named["loss"] != other["loss"]
    assert {path.name for path in (run / "test").iterdir()} == {"digits-test-10", "digits-test-size-64-10"}


def test_every_question_has_a_folder_of_its_own(tmp_path: Path):
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    own = {"size": (32, 32)}
    run.config.write_bytes(RunConfig("scratch", "digits", data_options=own).as_yaml())
    data = tmp_path / "photos"
    data.mkdir()

    def place(*question: Any) -> str:
        return folder_of("run", run, *question).relative_to(run.path).as_posix()

    assert place("digits", "test", own, None) == "test"
    assert place("digits", "validation", own, None) == "test/digits-validation"
    assert place("digits", "test", own, 50) == "test/digits-test-50"
    assert place("digits", "test", {**own, "label": "colour"}, None) == "test/digits-test-label-colour"
    assert place(str(data), "test", {}, None) == "test/photos-test"
    assert folder_of("timm:vit", None, "owner/name", "test", {}, None) == Path("vitx-out/test/timm-vit-owner-name-test")


def test_a_run_that_is_not_there_is_told_before_data_are_asked_for(vitx: Callable[..., Said], tmp_path: Path):
    for name in (tmp_path / "no-run", "no-such-run", "vitx-runs/none"):
        said = vitx("test", "--model", name)
        assert said.code == 2
        assert f"the folder {name} does not exist" in " ".join(said.err.split())


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "what to test on? Give --data"),
        (("--data", "digitz"), "digitz"),
        (("--data", "digits", "--method", "rolout"), "rolout"),
        (("--data", "digits", "--method", "cam"), "cam needs"),
        (("--data", "digits", "-o", "seed=1"), "write -o data.key=value"),
        (("--data", "digits", "-o", "data.label=colour"), "does not know 8 classes of the data: 'white', 'yellow'"),
    ],
)
def test_nothing_is_attempted(vitx: Callable[..., Said], model: Path, tmp_path: Path, arguments: tuple, sentence: str):
    said = vitx("test", "--model", model, "--out", tmp_path / "out", *arguments)
    assert said.code == 2
    assert sentence in said.err
    assert not (tmp_path / "out").exists()
