"""Saved, loaded, and nothing half-written."""

import json
import os
import resource
import stat
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.explanations import SHAPES, explanation
from vitxplain.errors import OptionError, OutputError, UsageError
from vitxplain.explanation.storage import load, save, to_json
from vitxplain.tasks.base import ExplainedTarget, Prediction


@pytest.fixture
def saved(tmp_path):
    return explanation(provenance={"input": "cat.jpg", "seconds": 0.25}).save(tmp_path / "out", formats="npz,json")


def listed(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_three_files_with_the_agreed_names_and_contents(tmp_path):
    made = explanation()
    paths = save(made, tmp_path / "new" / "folder", "cat.2")
    assert [path.name for path in paths] == ["cat.2.grad-cam.png", "cat.2.grad-cam.npz", "cat.2.grad-cam.json"]
    assert sorted(listed(tmp_path / "new" / "folder")) == sorted(path.name for path in paths)
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    with np.load(paths[1], allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["values"], made.values)
        assert arrays["values"].dtype == np.float32
        assert str(arrays["axes"]) == "row column"
        assert arrays["grid"].tolist() == [3, 5, 2, 1]
        assert arrays["schema"] == 1
    facts = json.loads(paths[2].read_text())
    assert facts.keys() >= {
        "schema", "method", "options", "model", "prediction", "target", "geometry", "versions", "seconds",
    }  # fmt: skip
    assert facts["prediction"][0] == {"name": "tench, Tinca tinca", "index": 0, "probability": 0.75}
    assert facts == to_json(made)


@pytest.mark.parametrize("axes", SHAPES)
@pytest.mark.parametrize("box", [None, (5.0, 10.5, 55.0, 70.5)])
def test_round_trip(tmp_path, axes, box):
    made = explanation(axes=axes, box=box)
    save(made, tmp_path, "cat", ["npz", "json"])
    back = load(tmp_path / "cat.grad-cam.npz")
    np.testing.assert_array_equal(back.values, made.values)
    for name in ("axes", "method", "options", "prediction", "target", "grid", "geometry", "provenance"):
        assert getattr(back, name) == getattr(made, name), name
    assert back.image.size == made.image.size
    difference = np.abs(np.asarray(back.image, float) - np.asarray(made.image, float))
    assert difference.mean() < 5  # a JPEG, to draw on
    if axes.endswith(("column", "column2")):
        np.testing.assert_array_equal(back.heatmap(), made.heatmap())
    assert back.plot()


def test_round_trip_of_what_may_be_missing(tmp_path):
    made = explanation(grid=None, target=None, prediction=Prediction(("a",), (0,), (float("nan"),)), provenance={})
    save(made, tmp_path, "cat", ["npz", "json"])
    back = load(tmp_path / "cat.grad-cam")
    assert (back.grid, back.target, dict(back.provenance)) == (None, None, {})
    assert np.isnan(back.prediction.probabilities[0])


@pytest.mark.parametrize("name", ["cat.grad-cam.npz", "cat.grad-cam.json", "cat.grad-cam.png", "cat.grad-cam", "cat"])
def test_loads_by_any_of_its_names(saved, name):
    assert load(saved[0].parent / name).method == "grad-cam"


def test_a_stem_of_two_methods_asks_which(saved):
    folder = saved[0].parent
    save(explanation(method="cam"), folder, "cat", ["npz", "json"])
    with pytest.raises(UsageError, match=r"give one of cat\.cam, cat\.grad-cam"):
        load(folder / "cat")


def test_a_rerun_overwrites(saved):
    folder = saved[0].parent
    explanation(target=ExplainedTarget(1, "other", 0.5), provenance={"input": "cat.jpg"}).save(
        folder, formats="npz,json"
    )
    assert load(folder / "cat").target.name == "other"
    assert len(listed(folder)) == 2


def test_facts_are_plain_json():
    options = {"a": np.float32(0.5), "b": (1, 2), "c": float("inf"), "d": torch.float16, "e": {"f": np.arange(2)}}
    facts = to_json(explanation(options=options))
    text = json.dumps(facts, allow_nan=False)
    assert json.loads(text)["options"] == {"a": 0.5, "b": [1, 2], "c": None, "d": "torch.float16", "e": {"f": [0, 1]}}


def test_further_provenance_is_kept():
    assert to_json(explanation(provenance={"explainer": "GradCAM()"}))["explainer"] == "GradCAM()"


def test_the_same_explanation_makes_the_same_bytes(tmp_path):
    first, second = (save(explanation(), tmp_path / name, "cat") for name in ("one", "two"))
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_files_may_be_read_as_others_may_read_any_new_file(saved):
    plain = saved[0].with_name("plain")
    plain.touch()
    assert stat.S_IMODE(saved[0].stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


# --- what goes wrong


@pytest.mark.parametrize("formats", ["jpg", "png,", ""])
def test_unknown_formats(tmp_path, formats):
    with pytest.raises(OptionError, match="give some of png, pdf, svg, npz, json, csv"):
        explanation().save(tmp_path, formats=formats)
    assert not listed(tmp_path)


@pytest.mark.parametrize("stem", ["a/b", "../up"])
def test_a_stem_is_no_path(tmp_path, stem):
    with pytest.raises(UsageError, match="no plain file name"):
        explanation().save(tmp_path, stem=stem)


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    """A limit on the size of files stands for the disk: the npz and json fit, the picture does not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        with pytest.raises(OutputError, match=r"cat\.grad-cam\.png could not be written: the disk is full.*free some"):
            save(explanation(), tmp_path, "cat", ["npz", "json", "png"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert listed(tmp_path) == []


def test_a_full_disk_leaves_the_earlier_result_whole(saved):
    folder = saved[0].parent
    before = {path: path.read_bytes() for path in saved}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OutputError):
            explanation(method="grad-cam").save(folder, "cat", "npz,json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder(tmp_path):
    tmp_path.chmod(0o555)
    with pytest.raises(OutputError, match=r"read-only.*give another folder"):
        explanation().save(tmp_path)


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder nobody can write to")
def test_a_folder_no_one_may_write_to():
    """The kernel's own file system refuses even root."""
    with pytest.raises(OutputError, match=r"/proc/nowhere.* could not be written"):
        explanation().save("/proc/nowhere", formats="json")


def test_a_file_where_a_folder_is_needed(tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="is in the way"):
        explanation().save(tmp_path / "out", formats="json")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_folder_where_a_file_is_needed(tmp_path):
    (tmp_path / "cat.grad-cam.json").mkdir()
    with pytest.raises(OutputError, match="is in the way"):
        explanation().save(tmp_path, "cat", "json")
    assert listed(tmp_path) == ["cat.grad-cam.json"]


def test_ctrl_c_while_writing_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(_descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        explanation().save(tmp_path, formats="npz,json")
    assert listed(tmp_path) == []


def test_nothing_is_written_when_the_picture_cannot_be_made(tmp_path):
    with pytest.raises(UsageError, match="no picture"):
        explanation(np.zeros(3), "channel").save(tmp_path)
    assert listed(tmp_path) == []


def test_no_such_explanation(tmp_path):
    with pytest.raises(UsageError, match=r"there is no explanation at .*nothing"):
        load(tmp_path / "nothing.npz")
    with pytest.raises(UsageError, match=r"there is no explanation at .*cat"):
        load(tmp_path / "no-folder" / "cat")


@pytest.mark.parametrize("gone", ["npz", "json"])
def test_one_of_two_files_is_missing(saved, gone):
    saved[0].with_suffix(f".{gone}").unlink()
    with pytest.raises(UsageError, match=rf"cat\.grad-cam\.{gone} is missing: loading needs"):
        load(saved[0])


@pytest.mark.parametrize("content", [b"", b"not ours", b"{}", b"[1]", b'{"schema": 1}', b"\xff\xfe"])
@pytest.mark.parametrize("which", [0, 1])
def test_foreign_and_damaged_files(saved, content, which):
    saved[which].write_bytes(content)
    with pytest.raises(UsageError, match="is not an explanation that can be read"):
        load(saved[0])


def test_a_truncated_npz(saved):
    saved[0].write_bytes(saved[0].read_bytes()[:-40])
    with pytest.raises(UsageError, match="is not an explanation"):
        load(saved[0])


def test_an_npz_of_other_hands_needs_no_image(saved):
    with np.load(saved[0]) as arrays:
        np.savez(saved[0], **{name: arrays[name] for name in ("values", "axes", "grid", "schema")})
    back = load(saved[0])
    assert np.isfinite(back.heatmap()).all()
    assert back.image.getextrema() == ((160, 160),) * 3


def test_pickles_are_never_opened(saved):
    np.savez(saved[0], values=np.array([print], object), axes="row column", image=np.zeros(3, np.uint8))
    with pytest.raises(UsageError, match="never unpickled"):
        load(saved[0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"geometry": {"image_size": [40, 30], "input_size": [8, 8], "box": [0, 0, 0, 30]}}, "shows nothing of the"),
        ({"geometry": {"image_size": [40, 30], "input_size": [8, 8], "box": [0, 0, 1e999, 30]}}, "not .top, left"),
        ({"geometry": {"image_size": [40, 10**12], "input_size": [8, 8], "box": [0, 0, 1, 1]}}, "its image_size is"),
        ({"geometry": {"image_size": [41, 30], "input_size": [8, 8], "box": [0, 0, 41, 30]}}, "its geometry says"),
        ({"geometry": None}, "not an explanation"),
        ({"prediction": [{"name": 7, "index": 0, "probability": 0.5}]}, "7 stands where a name is expected"),
        ({"grid": {"rows": 0}}, "not an explanation"),
        ({"schema": [1] * 10_000}, "has schema"),
        ({"asking": [1, 2, "3", 4]}, "the patch that asks is at"),
        ({"notes": "a note"}, "not an explanation"),
    ],
)
def test_facts_that_no_explanation_has(saved, changes, words):
    saved[1].write_text(json.dumps(json.loads(saved[1].read_text()) | changes))
    with pytest.raises(UsageError, match=words) as error:
        load(saved[0])
    assert len(str(error.value)) < 800


def test_a_later_schema(saved):
    facts = json.loads(saved[1].read_text())
    saved[1].write_text(json.dumps(facts | {"schema": 3}))
    with pytest.raises(UsageError, match="has schema 3, this version of vitxplain reads 1 and 2; upgrade"):
        load(saved[0])
