"""Maps in shards, scored without being made again."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import fsspec
import numpy as np
import pytest
from PIL import Image

from vitxplain import evaluate, explain, scale
from vitxplain.cli.evaluate.plan import TypedNames, plan_requests
from vitxplain.data.load import load_data
from vitxplain.data.sample import DataSet
from vitxplain.data.subset import select
from vitxplain.errors import UsageError
from vitxplain.evaluation.failures import sentences
from vitxplain.evaluation.measure import measure
from vitxplain.evaluation.plan.request import EvaluationRequest
from vitxplain.scale import manifest
from vitxplain.scale.stores import Folder, ObjectStore

METRICS = ["average-precision", "deletion"]
FEW = {"deletion.steps": 4}


@pytest.fixture(scope="module")
def digits() -> DataSet:
    return load_data("digits", limit=3)


@pytest.fixture(scope="module")
def maps(digits: DataSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two methods about the top classes."""
    folder = tmp_path_factory.mktemp("maps")
    scale.explain_dataset("demo-vit", digits, folder, ["rollout", "grad-cam"])
    return folder


def table(found) -> dict:
    return {(row.model, row.method, row.metric): row.score.mean for row in found}


def changed(maps: Path, folder: Path, **plan) -> Path:
    """The same maps of another plan."""
    shutil.copytree(maps, folder)
    (folder / manifest.FOLDER / manifest.PLAN).write_text(json.dumps({**manifest.read_plan(Folder(maps)), **plan}))
    return folder


def test_they_score_as_the_methods_do_and_their_model_is_known(maps: Path, digits: DataSet):
    scores = table(evaluate([], digits, maps=maps, metrics=METRICS, metric_options=FEW))
    direct = table(evaluate("demo-vit", digits, ["rollout", "grad-cam"], METRICS, metric_options=FEW))
    assert scores.keys() == direct.keys()
    for key, score in scores.items():
        assert score == pytest.approx(direct[key], abs=2e-3), key


def test_those_of_a_folder_of_photographs_are_found_by_the_ends_of_their_paths(tmp_path: Path, digits: DataSet):
    for number, sample in enumerate(digits):
        (tmp_path / "photos" / "images").mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / "masks").mkdir(exist_ok=True)
        sample.image.save(tmp_path / "photos" / "images" / f"{number:03}.png")
        mask = np.zeros((sample.image.height, sample.image.width), np.uint8)
        mask[: mask.shape[0] // 2] = 255
        Image.fromarray(mask).save(tmp_path / "photos" / "masks" / f"{number:03}.png")
    scale.explain_dataset("demo-vit", tmp_path / "photos" / "images", tmp_path / "maps", "rollout")
    data = load_data(str(tmp_path / "photos"), "test", options={"ratio": "0,0,1"})
    scores = table(evaluate([], data, maps=tmp_path / "maps", metrics="average-precision"))
    direct = table(evaluate("demo-vit", data, "rollout", "average-precision"))
    assert scores == {key: pytest.approx(score, abs=2e-3) for key, score in direct.items()}


def test_those_of_an_object_store_are_listed_once(maps: Path, digits: DataSet, monkeypatch: pytest.MonkeyPatch):
    address, listings, listed = "memory://evaluation/maps", list[str](), ObjectStore._listed

    def counted(store: ObjectStore) -> dict[str, int]:
        listings.append(store.address)
        return listed(store)

    monkeypatch.setattr(ObjectStore, "_listed", counted)
    fsspec.filesystem("memory").put(f"{maps}/", "/evaluation/maps", recursive=True)
    request = EvaluationRequest(models=None, data="", maps=address, limit=3)
    requests, folder = plan_requests(TypedNames([], [], [], ["entropy"], []), request)
    found = measure(replace(requests["digits"], out=None), lambda _: None)
    assert (listings, folder.name) == ([address], "maps-digits-test-3")
    assert table(found) == table(evaluate([], digits, maps=maps, metrics="entropy"))
    with pytest.raises(UsageError, match="memory://evaluation/none holds no maps that vitx explain"):
        evaluate([], digits, maps="memory://evaluation/none")


def test_about_the_class_they_were_made_for(maps: Path, digits: DataSet, tmp_path: Path):
    few = select(digits, range(2))
    scale.explain_dataset("demo-vit", few, tmp_path / "maps", "grad-cam", target="3")
    found = evaluate([], few, maps=tmp_path / "maps", metrics="deletion", metric_options=FEW)
    first = next(line for line in found.map_scores if not line.control)
    assert (first.image, scale.maps(tmp_path / "maps")[0].target) == (few[0].name, "3")
    expected = explain("demo-vit", few[0].image, "grad-cam", target=3).target
    assert first.probability == pytest.approx(expected.probability, abs=1e-5)
    of_others = evaluate([], few, maps=changed(maps, tmp_path / "other", targets=["3"]), metrics="entropy")
    assert {failure.method for failure in of_others.failures} == {"grad-cam"}  # rollout is about no class
    assert "and what is asked for now is 3." in of_others.failures[0].message


def test_what_cannot_be_scored_is_said(maps: Path, digits: DataSet, tmp_path: Path):
    for number, (plan, said) in enumerate(
        (
            ({"targets": ["1", "2"]}, "about 2 targets of each image; scores are of one"),
            ({"task": "object-detection"}, "of a model for object-detection, several of an image"),
            ({"methods": {"head-distance": {"axes": "layer head"}}}, "gives no map of the image"),
        )
    ):
        with pytest.raises(UsageError, match=said):
            evaluate([], digits, maps=changed(maps, tmp_path / str(number), **plan))
    with pytest.raises(UsageError, match="made by demo-vit, and demo-cnn has another class or other weights"):
        evaluate("demo-cnn", digits, [], maps=maps)
    with pytest.raises(UsageError, match="randomisation has the image explained again"):
        evaluate("demo-vit", digits, [], "randomisation", maps=maps)


def test_images_without_maps_and_a_model_that_is_gone(maps: Path, digits: DataSet, tmp_path: Path):
    more = load_data("digits", limit=4)
    others = [sample.name for sample in more if sample.name not in {sample.name for sample in digits}]
    found = evaluate([], more, maps=maps, metrics="entropy")
    assert {failure.image for failure in found.failures} == set(others)
    assert "there is no map of it." in " ".join(sentences(found.failures))
    gone = {**manifest.read_plan(Folder(maps))["model"], "id": str(tmp_path / "gone")}
    found = evaluate([], digits, maps=changed(maps, tmp_path / "maps", model=gone))
    assert set(found.metrics) == {"average-precision", "pointing-game"}
    assert any("is not asked, since it cannot be opened" in note for note in found.left_out)
