"""Shards that are whole or not there, and the same however a run was cut."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import vitxplain
from tests.scale.photos import METHODS, contents, photographs, small_model
from vitxplain import scale
from vitxplain.errors import DataError, ImageError, UsageError
from vitxplain.models.vision_model import VisionModel
from vitxplain.scale import plan
from vitxplain.scale.run import Summary
from vitxplain.scale.stored_maps import facts_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return photographs(tmp_path_factory.mktemp("photos"))


@pytest.fixture(scope="module")
def model() -> VisionModel:
    return small_model()


@pytest.fixture(autouse=True)
def _small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "IMAGES_OF_A_SHARD", 4)


@pytest.fixture(scope="module")
def whole(folder: Path, model: VisionModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was never stopped."""
    out = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "IMAGES_OF_A_SHARD", 4)
        scale.explain_dataset(model, folder, out, METHODS, batch_size=3)
    return out


def run(model: VisionModel, images: Path, out: Path, **changed: Any) -> Summary:
    return scale.explain_dataset(model, images, out, **{"methods": METHODS, "batch_size": 3, **changed})


@pytest.mark.parametrize("method", METHODS)
def test_maps_are_those_of_explain(folder: Path, model: VisionModel, whole: Path, method: str):
    stored = scale.maps(whole, method)
    assert len(stored) == 9
    assert stored.unfinished == ()
    assert list(stored.failed) == [str(folder / "damaged.png")]
    for one in stored:
        explanation = vitxplain.explain(model, one.path, method)
        peak = float(np.abs(explanation.values).max())
        np.testing.assert_allclose(one.values, explanation.values, rtol=0, atol=1e-3 * peak)
        assert one.geometry == explanation.geometry
        assert (one.prediction, one.axes) == (explanation.prediction.names[0], explanation.axes)
        assert one.score == pytest.approx(explanation.prediction.probabilities[0], abs=1e-5)
        assert one.target == (explanation.target and explanation.target.name)
        seen = np.isfinite(explanation.heatmap())
        np.testing.assert_allclose(one.heatmap()[seen], explanation.heatmap()[seen], atol=5e-3)
    assert [stored[number].path for number in (2, 5)] == [list(stored)[number].path for number in (2, 5)]
    assert stored[-1].path == stored[8].path


def test_columns_and_what_the_schema_says(whole: Path):
    table = pq.read_table(whole / "grad-cam" / "00000.parquet")
    assert {"path", "prediction", "score", "target", "method", "map", "geometry"} <= set(table.column_names)
    assert str(table.schema.field("map").type) == "fixed_size_list<element: halffloat>[16]"
    facts = facts_of(whole / "grad-cam" / "00000.parquet")
    assert facts["method"] == "grad-cam"
    assert facts["methods"]["grad-cam"]["options"]["layer"]
    assert facts["model"]["sha256"]


def test_a_second_run_makes_nothing_again(folder: Path, model: VisionModel, whole: Path):
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    summary = run(model, folder, whole)
    assert (summary.shards, summary.images, summary.made) == (3, 10, 0)
    assert list(summary.failed) == [str(folder / "damaged.png")]
    assert before == {path: path.stat().st_mtime_ns for path in whole.rglob("*")}


@pytest.mark.parametrize("after", [1, 4, 7, 10])
def test_an_interrupted_run_goes_on(folder: Path, model: VisionModel, whole: Path, tmp_path: Path, after: int):
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if done >= after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(model, folder, tmp_path, advance=advance)
    run(model, folder, tmp_path)
    assert contents(tmp_path) == contents(whole)


def test_a_shard_that_is_not_whole_is_made_again(folder: Path, model: VisionModel, whole: Path, tmp_path: Path):
    run(model, folder, tmp_path)
    cut = tmp_path / "grad-cam" / "00001.parquet"
    cut.write_bytes(cut.read_bytes()[:-9])
    (tmp_path / "manifest" / "00002.json").unlink()
    assert scale.maps(tmp_path, "grad-cam").unfinished == (1, 2)
    assert run(model, folder, tmp_path).made == 2
    assert contents(tmp_path) == contents(whole)


def test_processes_share_the_shards(
    folder: Path, model: VisionModel, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank, shards in (("1", 1), ("0", 2)):
        monkeypatch.setenv("RANK", rank)
        assert run(model, folder, tmp_path).shards == shards
    assert contents(tmp_path) == contents(whole)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"methods": "rollout"}, "for attention-rollout, grad-cam, and this is for attention-rollout"),
        ({"batch_size": 2}, "batch_size was 3 and is 2"),
        ({"target": "1"}, "targets was [] and is ['1']"),
    ],
)
def test_another_plan_is_refused(folder: Path, model: VisionModel, whole: Path, changed: dict[str, Any], said: str):
    with pytest.raises(UsageError) as refused:
        run(model, folder, whole, **changed)
    assert said in str(refused.value)


def test_maps_that_another_version_began_are_read_and_not_gone_on_with(
    folder: Path, model: VisionModel, whole: Path, tmp_path: Path
):
    old = tmp_path / "old"
    shutil.copytree(whole, old)
    written = old / "manifest" / "plan.json"
    fields = json.loads(written.read_text())
    del fields["data"]  # which the first versions did not write
    written.write_text(json.dumps(fields))
    with pytest.raises(UsageError, match=r"another version of vitxplain began.* alone has data, .*delete this one"):
        run(model, folder, old)
    assert len(scale.maps(old, "grad-cam")) == 9


def test_other_images_are_refused(folder: Path, model: VisionModel, whole: Path):
    with pytest.raises(UsageError, match=r"the images are others \(10 then, 4 now\)"):
        run(model, folder / "deep", whole)


def test_what_cannot_be_read_is_said(folder: Path, model: VisionModel, whole: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="holds no maps of a run"):
        scale.maps(tmp_path)
    with pytest.raises(UsageError, match="say which, as in method='attention-rollout'"):
        scale.maps(whole)
    with pytest.raises(UsageError, match="Did you mean grad-cam"):
        scale.maps(whole, "grad-cma")
    with pytest.raises(UsageError, match="holds no images"):
        run(model, tmp_path, tmp_path)
    run(model, folder, tmp_path)
    shard = tmp_path / "grad-cam" / "00000.parquet"
    shard.write_bytes(bytes(shard.stat().st_size))
    with pytest.raises(DataError, match="is not a shard of maps"):
        len(scale.maps(tmp_path, "grad-cam"))
    (tmp_path / "manifest" / "00000.json").write_text(json.dumps({"files": 3}))
    with pytest.raises(DataError, match="is not an entry of a manifest"):
        scale.maps(tmp_path, "grad-cam")


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ("nowhere", "nowhere does not exist; check the path"),
        (["nowhere.png", "nor-here.png"], "nowhere.png does not exist; check the path"),
        ("*.tif", r"\*\.tif matches no image"),
        (["*.tif", "nowhere.png"], r"\*\.tif matches no image"),
    ],
)
def test_a_mistyped_path_begins_no_run(
    folder: Path, model: VisionModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images: Any, said: str
):
    monkeypatch.chdir(folder)
    with pytest.raises((ImageError, UsageError), match=said):
        run(model, images, tmp_path / "maps")
    assert run(model, folder, tmp_path / "maps").images == 10


def test_what_stands_for_no_image_among_others_is_a_failed_row(model: VisionModel, folder: Path, tmp_path: Path):
    there = sorted(folder.glob("*.jpg"))[:1] or sorted(folder.rglob("*.png"))[:1]
    (tmp_path / "empty").mkdir()
    done = run(model, ["none*.jpg", *map(str, there), "nowhere.png", str(tmp_path / "empty")], tmp_path / "maps")
    assert done.images == len(there) + 3 == 4
    assert list(done.failed) == ["none*.jpg", "nowhere.png", str(tmp_path / "empty")]
    assert done.failed["none*.jpg"] == "none*.jpg matches no image."
    assert "empty holds no images" in done.failed[str(tmp_path / "empty")]


@pytest.mark.parametrize("name", ["demo-vit", "demo-cnn", "demo-detector", "demo-segmenter"])
def test_the_plan_does_not_depend_on_the_images(folder: Path, tmp_path: Path, name: str):
    model = vitxplain.load_model(name)
    methods = [method for method, obstacle in vitxplain.fitting(model).items() if obstacle is None]
    image = folder / "0.png"
    for begun, images in {"read": [image], "damaged": [folder / "damaged.png", image]}.items():
        scale.explain_dataset(model, images, tmp_path / begun, methods, batch_size=1)
    plans = [json.loads((tmp_path / begun / "manifest" / "plan.json").read_text()) for begun in ("read", "damaged")]
    assert plans[0]["methods"].keys() == set(methods)
    assert plans[0]["methods"] == plans[1]["methods"]
    assert scale.explain_dataset(model, [image], tmp_path / "read", methods, batch_size=1).made == 0


def test_a_method_is_found_by_its_alias(whole: Path):
    assert len(scale.maps(whole, "GradCAM")) == len(scale.maps(whole, "grad-cam"))


def test_a_data_set_and_datasets_opens_it(tmp_path: Path):
    import datasets

    data = vitxplain.load_data("digits", limit=5)
    scale.explain_dataset("demo-vit", data, tmp_path / "maps", "rollout", target="3")
    assert [one.path for one in scale.maps(tmp_path / "maps")] == [f"digits/test/{number:05}" for number in range(5)]
    folder = str(tmp_path / "maps" / "attention-rollout")
    opened = datasets.load_dataset("parquet", data_dir=folder, cache_dir=str(tmp_path / "cache"))["train"]
    assert opened["method"] == ["attention-rollout"] * 5
    assert np.asarray(opened[0]["map"]).shape == (100,)
