"""vitx on a trained model and a photograph."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vitxplain
from tests.cli.conftest import Said

Vitx = Callable[..., Said]
METHODS = "auto,rollout,raw-attention,grad-cam,head-distance,position-similarity,gradient-rollout"


def test_explain_a_cat(vitx_process: Vitx, tmp_path: Path, deit_tiny: Path, cat: Image.Image):
    cat.save(tmp_path / "chelsea.png")
    said = vitx_process("explain", "chelsea.png", "--model", deit_tiny, "--methods", METHODS, cwd=tmp_path)
    assert said.code == 0
    assert said.err == ""
    first, *lines = said.out.splitlines()
    assert first.startswith("chelsea.png  Egyptian cat 31.0% · tabby 27.1% · tiger cat 18.1%")
    assert len(lines) == 7
    for name in ("affinity-attention", "attention-rollout", "grad-cam", "gradient-rollout"):
        found = vitxplain.load(tmp_path / "vitx-out" / f"chelsea.{name}")
        assert found.values.shape == (14, 14)
        assert np.isfinite(found.values).all()
        assert found.values.std() > 0
        with Image.open(tmp_path / "vitx-out" / f"chelsea.{name}.png") as picture:
            assert picture.width >= 600


def test_a_folder_of_photographs(vitx: Vitx, tmp_path: Path, deit_tiny: Path, shared_folder: Path):
    photographs = sorted((shared_folder / "data" / "coco128-objects" / "images").iterdir())[:5]
    said = vitx("explain", *photographs, "--model", deit_tiny, "--out", tmp_path, "--format", "npz,json", "--json")
    assert said.code == 0
    assert [line["input"] for line in said.json] == [str(path) for path in photographs]
    for path, line in zip(photographs, said.json, strict=True):
        with Image.open(path) as image:
            assert line["geometry"]["image_size"] == [image.height, image.width]
        assert vitxplain.load(tmp_path / f"{path.stem}.affinity-attention").values.std() > 0


@pytest.mark.parametrize("target", ["tabby", "281", "name:tabby, tabby cat"])
def test_target_names_of_imagenet(vitx: Vitx, tmp_path: Path, deit_tiny: Path, cat: Image.Image, target: str):
    cat.save(tmp_path / "chelsea.png")
    arguments = (
        "explain",
        tmp_path / "chelsea.png",
        "--model",
        deit_tiny,
        "--out",
        tmp_path,
        "--target",
        target,
        "--json",
    )
    (line,) = vitx(*arguments).json
    assert line["target"]["index"] == 281
