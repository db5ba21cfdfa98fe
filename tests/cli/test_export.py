"""vitx export: what it writes, says and refuses."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_file_and_what_is_said(vitx: Callable[..., Said], cnn_folder: Path, tmp_path: Path):
    said = vitx("export", "--model", cnn_folder)
    assert said.code == 0
    assert said.err.splitlines() == [
        f"opening {cnn_folder}",
        "tracing model and method",
        "writing the trace as an ONNX graph, which takes longest",
        "checking the graph against PyTorch on 1, 2 and 5 images",
    ]
    file = tmp_path / "vitx-out" / f"{cnn_folder.name}.cam.onnx"
    assert file.is_file()
    first, second, third = said.out.splitlines()
    assert f"cam of {cnn_folder} → {file.relative_to(tmp_path)}" in first
    assert second == "  pixel_values (batch, 3, 32, 32) → probabilities (batch, 3) and map (batch, 4, 4)"
    assert third.startswith("  agrees with PyTorch")


def test_json_without_steps(vitx: Callable[..., Said], vit_folder: Path):
    options = ("-o", "layer=0", "--opset", 18, "--out", "new/a.onnx")
    said = vitx("export", "--model", vit_folder, "--method", "attention", *options, "--json", "--quiet")
    assert (said.code, said.err) == (0, "")
    (facts,) = said.json
    assert facts["file"] == str(Path("new", "a.onnx"))
    assert facts["method"] == "raw-attention"
    assert facts["options"]["layer"] == 0
    assert facts["opset"] == 18
    assert facts["shapes"]["map"] == ["batch", 4, 4]
    assert max(facts["differences"].values()) < 1e-4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--method", "grad-cam"), "it needs gradients"),
        (("--method", "rolout"), "Did you mean attention-rollout"),
        (("--method", "rollout", "-o", "discard"), "has no value"),
        (("--method", "rollout", "-o", "discard_ratio=much"), "it takes a number"),
        (("--method", "cam"), "cam needs a linear head"),
        (("--out", "a.pt"), "such as a.onnx"),
        (("--opset", "7"), "greater than or equal to 18"),
    ],
)
def test_usage_errors(
    arguments: tuple[str, ...], words: str, vitx: Callable[..., Said], vit_folder: Path, tmp_path: Path
):
    said = vitx("export", "--model", vit_folder, *arguments)
    assert said.code == 2
    assert words in said.err
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []


def test_quiet_and_a_file_in_the_way(vitx: Callable[..., Said], cnn_folder: Path, tmp_path: Path):
    (tmp_path / "vitx-out").write_text("a file")
    said = vitx("export", "--model", cnn_folder, "--quiet")
    assert said.code == 1
    assert "vitx-out" in said.err
    assert said.out == ""
