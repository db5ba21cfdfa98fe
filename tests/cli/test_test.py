"""vitx test"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

from tests.cli.conftest import Said
from vitxplain.train.run_config import RunConfig


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
    assert {path.name for path in (tmp_path / "vitx-out" / "test").iterdir()} == names


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
    first = json.loads((run / "test" / "test.json").read_text())
    (named,) = vitx(*arguments, "--data", "digits", "--json").json
    (other,) = vitx(*arguments, "--data", "digits", "-o", "data.size=64", "--json").json
    assert first["loss"] == named["loss"] != other["loss"]


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
