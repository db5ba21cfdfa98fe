"""vitx demo: offline, from nothing, to maps beside the truth."""

import csv
import re

import numpy as np
import pytest

from vitxplain.data.read_image import read_image
from vitxplain.demo.recordings import TRUTH
from vitxplain.demo.run import run
from vitxplain.demo.scene_part import scene_parts
from vitxplain.inspect.recording import records
from vitxplain.models.known_models import DIGIT_MODELS, SCENE_MODELS


def test_it_writes_the_page_the_sheets_and_the_images_with_their_masks(tmp_path):
    said: list[str] = []
    far: list[str] = []
    parts = scene_parts(said.append, count=3, folder=tmp_path, progress=far.append)
    assert [path.name for path in sorted(tmp_path.iterdir())] == sorted(f"{name}.png" for name in SCENE_MODELS)
    scores, files = run(tmp_path, said.append, count=12, scenes=parts, progress=far.append)
    assert far[: len(parts) * 3 : 3] == [f"{name}: 1 of 3 scenes" for name in SCENE_MODELS]
    assert [line.partition(" images")[0] for line in far[len(parts) * 3 :]] == [
        f"{name}: {done} of 12" for name in DIGIT_MODELS for done in (8, 12)
    ]
    assert all(file.stat().st_size for file in files)
    assert len(files) == len(set(files))
    assert {*tmp_path.glob("*.png")} <= {*files}  # those that were written before the page, too
    assert all((tmp_path / f"{name}.png").stat().st_mtime_ns < files[0].stat().st_mtime_ns for name in DIGIT_MODELS)
    assert {one.model for one in scores} == {"demo-vit", "demo-cnn", ""}
    assert any(line.startswith("demo-vit: ") for line in said)
    assert said[: len(parts)] == [f"{name}: 3 scenes" for name in SCENE_MODELS]
    with (tmp_path / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["method"] for row in rows] == [one.method for one in scores]
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert all(f">{one.method}<" in page for one in scores)
    assert not re.search(r'<[^>]* (src|href)="(?!data:|#)', page)  # one file, that needs nothing beside it
    recording = records(tmp_path / "recordings")
    assert [(recording.run_of(record), record.facts["model"]) for record in recording] == [
        *[("digits", "demo-vit")] * 6,
        *[("scenes", "demo-detector")] * 3,
    ]
    assert page.count('data-vitxplain="facts"') == len(recording)  # it opens on the viewer of all of them
    digit = recording["00000"]
    truth = next(place for place in digit.facts["maps"] if place["method"] == TRUTH)
    mask = np.asarray(read_image(tmp_path / "masks" / "00000.png"))[..., 0] > 0
    assert ((digit.tensor(truth["tensor"]) > 0) == mask).all()
    with (tmp_path / "scenes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["method"] for row in rows] == [row.method for part in parts for row in part.scores]
    assert {row["task"] for row in rows} == {part.task for part in parts}
    assert all((tmp_path / f"{part.model}.png").read_bytes() == part.picture for part in parts)
    assert sorted(file.name for file in (tmp_path / "scenes").iterdir()) == [f"{number:05d}.png" for number in range(3)]
    images, masks = (sorted((tmp_path / folder).iterdir()) for folder in ("images", "masks"))
    assert [file.name for file in images] == [file.name for file in masks]
    for image, mask in zip(images, masks, strict=True):
        picture, covered = read_image(image), np.asarray(read_image(mask)) > 0
        assert covered.shape[:2] == (picture.height, picture.width)
        assert 0 < covered.mean() < 0.5


@pytest.mark.slow
def test_the_command_prints_the_table(vitx, tmp_path, small_demo):
    said = vitx("demo", "--out", tmp_path)
    assert said.code == 0, said.err
    assert "gradient-attention" in said.out
    assert "smoothed edges" in said.out
    assert all(name in said.out for name in SCENE_MODELS)
    assert str(tmp_path / "index.html") in said.out
    assert str(tmp_path / "recordings") in said.out


def test_a_folder_that_cannot_be_written_is_said(vitx, tmp_path):
    (tmp_path / "file").write_text("in the way")
    said = vitx("demo", "--out", tmp_path / "file")
    assert said.code == 1
    assert "cannot write to" in said.err
