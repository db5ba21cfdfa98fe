"""`vitx explain --format parquet`: shards, what failed, and that it goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vitxplain import scale
from vitxplain.data.synthetic import digits


def test_a_folder_at_any_depth(photos: Path, vit_folder: Path, vitx: Callable):
    typed = ("explain", photos, "--model", vit_folder, "--method", "rollout,grad-cam", "--format", "parquet")
    first = vitx(*typed, "--out", "maps", "-o", "grad-cam.relu=true")
    assert first.code == 1
    assert "4 images in 1 shard: maps, 1 failed" in first.out
    assert first.err.count("broken.png") == 1
    maps = scale.maps("maps", "grad-cam")
    assert [Path(one.path).name for one in maps] == ["cat.png", "dog.jpg", "cat.png"]
    assert min(one.values.min() for one in maps) >= 0
    again = vitx(*typed, "--out", "maps", "-o", "grad-cam.relu=true", "--json")
    assert [(line["shard"], line["before"], line["images"]) for line in again.json] == [(0, True, 4)]
    other = vitx(*typed, "--out", "maps")
    assert other.code == 2
    assert "begun otherwise" in other.err


def test_a_data_set(photos: Path, vitx: Callable, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(digits, "COUNTS", {"test": 5})
    said = vitx("explain", "--data", "digits", "--model", "demo-cnn", "--format", "parquet", "--top-k", 1, "--out", "o")
    assert said.code == 0, said.err
    assert "5 images in 1 shard: o" in said.out
    assert [one.path for one in scale.maps("o")] == [f"digits/test/{number:05}" for number in range(5)]
    scored = vitx(
        "evaluate", "--maps", "o", "--metrics", "entropy,deletion", "-o", "deletion.steps=2", "--out", "e", "--json"
    )
    assert scored.code == 0, scored.err
    (line,) = scored.json
    assert line["data"]["images"] == 5


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        (["cat.png", "--format", "png,parquet"], "shards of many images, with files of one"),
        (["--data", "digits"], "add --format parquet"),
        (["--format", "parquet"], "give the images to explain, or a data set with --data"),
        (["cat.png", "--data", "digits", "--format", "parquet"], "and not both"),
        (["cat.png", "--format", "parquet", "--style", "signed"], "writes none"),
        ([], "give the images to explain"),
    ],
)
def test_what_is_typed_wrongly(photos: Path, vitx: Callable, typed: list[str], error: str):
    said = vitx("explain", *typed, "--out", "maps")
    assert said.code == 2
    assert error in said.err
    assert not Path("maps").exists()
