"""vitx inspect: images in, one HTML file out; what fails is named."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.models.tiny_vit import save_tiny_vit
from vitxplain.cli.main import app
from vitxplain.inspect import open_recording


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_tiny_vit(tmp_path_factory.mktemp("model")))


@pytest.fixture(autouse=True)
def _small_viewer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "viewer.js").write_text("export {};")
    monkeypatch.setattr("vitxplain.inspect.page.BUNDLE", tmp_path / "viewer.js")


def vitx(*arguments: object):
    return CliRunner().invoke(app, ["inspect", *map(str, arguments)])


def test_images_become_one_page(model: str, tmp_path: Path):
    for name in ("cat", "dog"):
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "no.png").write_text("no image")
    out, kept = tmp_path / "page.html", tmp_path / "run"
    result = vitx(tmp_path, "--model", model, "--out", out, "--record", kept, "--method", "rollout", "--json")
    assert result.exit_code == 1, result.output
    assert open_recording(kept).names == ("cat", "dog")
    assert open_recording(kept)["cat"].facts["maps"][0]["method"] == "attention-rollout"
    assert out.read_text("utf-8").startswith("<!doctype html>")
    lines = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    assert [line.get("images") for line in lines] == [None, 2]
    assert lines[0]["input"].endswith("no.png")


def test_what_cannot_be_is_said_before_anything_is_done(model: str, tmp_path: Path):
    result = vitx(tmp_path / "cat.png", "--model", model, "--out", tmp_path / "folder")
    assert result.exit_code == 2
    result = vitx(tmp_path / "cat.png", "--model", model, "--out", tmp_path / "page.html", "--method", "none")
    assert result.exit_code == 2
    result = vitx(tmp_path / "cat.png", "--model", model, "--out", tmp_path / "page.html")
    assert result.exit_code == 1
    assert not (tmp_path / "page.html").exists()
