"""Explanations of an earlier version: read as they were written, drawn, and made again alike."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vitxplain import explain, load, load_model


def plain(value: Any) -> Any:
    """As JSON has it: lists for tuples."""
    return json.loads(json.dumps(value))


def test_everything_is_read_as_it_was(earlier: Path, expected: dict[str, Any]):
    written = {path.relative_to(earlier).with_suffix("").as_posix() for path in earlier.rglob("*.npz")}
    assert written == expected["explanations"].keys()
    assert len({facts["axes"] for facts in expected["explanations"].values()}) > 3
    for name, facts in expected["explanations"].items():
        explanation = load(name)
        assert explanation.axes == facts["axes"], name
        assert list(explanation.values.shape) == facts["shape"]
        assert explanation.values.dtype == np.float32
        assert sha256(explanation.values.tobytes()).hexdigest() == facts["sha256"]
        assert explanation.method == facts["method"]
        assert plain(explanation.options) == facts["options"]
        assert plain(explanation.provenance) == facts["provenance"]
        assert plain(explanation.geometry.to_dict()) == facts["geometry"]
        assert list(explanation.image.size) == facts["image"]
        for part in ("prediction", "target", "grid"):
            value = getattr(explanation, part)
            assert (value is None) == (facts[part] is None)
            for field, number in (facts[part] or {}).items():
                assert plain(getattr(value, field)) == number, (name, part, field)


def test_the_png_or_the_stem_name_them_too(earlier: Path):
    whole = load("cnn/00001.grad-cam")
    assert (load("cnn/00001.grad-cam.json").values == whole.values).all()
    assert (load("maps/00001").values == load("maps/00001.attention-rollout.npz").values).all()


def test_they_are_drawn_and_saved_again(earlier: Path, tmp_path: Path, expected: dict[str, Any]):
    for number, name in enumerate(expected["explanations"]):
        explanation = load(name)
        assert explanation.plot() is not None
        explanation.save(tmp_path / "again", str(number), formats="npz,json")
        again = load(tmp_path / "again" / f"{number}.{explanation.method}")
        assert (again.values == explanation.values).all()
        ours = json.loads((tmp_path / "again" / f"{number}.{explanation.method}.json").read_text("utf-8"))
        theirs = json.loads(Path(f"{name}.json").read_text("utf-8"))
        assert {key: ours[key] for key in theirs} == theirs


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("explanations/00000.attention-rollout", "demo-vit"),
        ("explanations/00000.gradient-attention", "demo-vit"),
        ("explanations/00000.head-distance", "demo-vit"),
        ("cnn/00001.cam", "demo-cnn"),
        ("maps/00001.attention-rollout", "run"),
    ],
)
def test_they_are_made_alike(earlier: Path, name: str, model: str):
    before = load(name)
    with Image.open(f"{Path(name).name.partition('.')[0]}.png") as image:
        target = before.target.index if before.target else None
        now = explain(load_model(model, device="cpu"), image.convert("RGB"), before.method, target=target)
    assert now.axes == before.axes
    scale = float(np.abs(before.values).max())
    np.testing.assert_allclose(now.values, before.values, atol=1e-4 * scale, rtol=1e-3)
    assert now.prediction.indices == before.prediction.indices
    assert now.geometry == before.geometry
    assert now.grid == before.grid
