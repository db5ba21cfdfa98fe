"""Maps made by another tool."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.stored import save_mask, save_picture
from vitxplain import evaluate, explain
from vitxplain.data.load import load_data
from vitxplain.data.sample import DataSet
from vitxplain.errors import DataError, UsageError
from vitxplain.evaluation.failures import sentences
from vitxplain.evaluation.maps.map_file import read_map

METRICS = ["average-precision", "pointing-game", "f1"]


@pytest.fixture
def digits() -> DataSet:
    return load_data("digits", limit=6)


def table(found) -> dict:
    return {(row.method, row.metric): row.score for row in found if not row.control}


def test_our_own_maps_saved_score_as_they_do_directly(tmp_path: Path, digits: DataSet):
    for sample in digits:
        explain("demo-cnn", sample.image, "grad-cam").save(tmp_path / "maps", sample.name[-5:], formats="npz,json,png")
    direct = table(evaluate("demo-cnn", digits, "grad-cam", [*METRICS, "deletion"]))
    without = table(evaluate([], digits, [], METRICS, maps=tmp_path / "maps"))
    asked = table(evaluate("demo-cnn", digits, [], [*METRICS, "deletion"], maps=tmp_path / "maps"))
    for key, score in without.items():
        assert score == pytest.approx(direct[key], abs=1e-5)
    for key, score in asked.items():
        assert score == pytest.approx(direct[key], abs=1e-4)


@pytest.mark.parametrize("ending", ["npz", "npy", "png"])
def test_every_kind_of_file(tmp_path: Path, digits: DataSet, ending: str):
    """The mask itself, as a map of the image's size and sharper, is perfect."""
    for sample in digits:
        place = tmp_path / "maps" / "perfect" / f"{sample.name}.{ending}"
        place.parent.mkdir(parents=True, exist_ok=True)
        mask = sample.mask.astype(np.float32)
        if ending == "png":
            Image.fromarray(np.uint8(200 * mask)).save(place)
        else:
            np.save(place, mask) if ending == "npy" else np.savez(place, anything=mask[None])
    scores = table(evaluate([], digits, [], METRICS, maps=tmp_path / "maps"))
    assert {key: score.mean for key, score in scores.items()} == {("perfect", metric): 1.0 for metric in METRICS}


def test_what_is_missing_or_wrong_is_named_and_counted(tmp_path: Path, digits: DataSet):
    folder = tmp_path / "peer" / "gradcam"
    folder.mkdir(parents=True)
    stems = [sample.name[-5:] for sample in digits]
    with_gap = np.random.default_rng(0).random((6, 6))
    with_gap[2, 3] = np.nan
    np.save(folder / f"{stems[0]}.npy", with_gap)
    np.save(folder / f"{stems[1]}.npy", np.ones((6, 6)))
    np.save(folder / f"{stems[2]}.npy", np.random.default_rng(1).random((4, 9)))
    np.save(folder / f"{stems[3]}.npy", np.zeros((3, 6, 6)))
    Image.fromarray(np.random.default_rng(2).integers(0, 255, (6, 6, 3), np.uint8)).save(folder / f"{stems[4]}.png")
    found = evaluate([], digits, [], "entropy", maps=tmp_path / "peer")
    (row,) = [row for row in found if not row.control]
    assert (row.model, row.method, row.images) == ("peer", "gradcam", 3)
    assert (row.broken, row.constant, row.stretched) == (1, 1, 1)
    said = " ".join(sentences(found.failures))
    assert "there is no map of it. (1 image: digits/test/00005)" in said
    assert "its map has the shape (3, 6, 6)" in said
    assert "a map as png is grey, and this is a picture in colour (RGB)" in said


def test_metrics_that_ask_a_model_need_one(tmp_path: Path, digits: DataSet):
    (tmp_path / "m").mkdir()
    np.save(tmp_path / "m" / "00000.npy", np.eye(6))
    with pytest.raises(UsageError, match="deletion asks a model about the maps; name the model"):
        evaluate([], digits, [], "deletion", maps=tmp_path)
    with pytest.raises(UsageError, match="explained again, which stored maps cannot be"):
        evaluate("demo-cnn", digits, [], "randomisation", maps=tmp_path)
    found = evaluate([], digits, [], "all", maps=tmp_path)
    assert not {"deletion", "max-sensitivity"} & set(found.metrics)
    beside = evaluate("demo-cnn", digits, "grad-cam", "entropy", maps=tmp_path)
    assert {row.method for row in beside if not row.control} == {"grad-cam", f"m ({tmp_path.name})"}


def test_no_maps_at_all(tmp_path: Path, digits: DataSet):
    with pytest.raises(UsageError, match="there is no folder of maps"):
        evaluate([], digits, [], "entropy", maps=tmp_path / "nowhere")
    with pytest.raises(UsageError, match="holds no maps. Put those of each method into a folder"):
        evaluate([], digits, [], "entropy", maps=tmp_path)
    (tmp_path / "m").mkdir()
    np.save(tmp_path / "m" / "other.npy", np.eye(6))
    with pytest.raises(DataError, match="there is no map of it"):
        evaluate([], digits, [], "entropy", maps=tmp_path)


def test_a_map_is_laid_bilinearly_over_the_whole_image(tmp_path: Path):
    np.save(tmp_path / "x.npy", np.array([[0.0, 0, 0, 4]]))
    made = read_map(tmp_path / "x.npy", Image.new("RGB", (8, 2)))
    assert made.heat.shape == (2, 8)
    assert made.heat[0].tolist() == pytest.approx([0, 0, 0, 0, 0, 0.25, 0.75, 1])
    assert not made.stretched


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("share", ["all", "some"])
def test_broken_maps_are_counted_and_in_no_mean(tmp_path: Path, digits: DataSet, value: float, share: str):
    folder = tmp_path / "peer" / "m"
    folder.mkdir(parents=True)
    for number, sample in enumerate(digits):
        heat = sample.mask.astype(np.float32)
        if number == 0:
            heat[slice(None) if share == "all" else 0] = value
        np.save(folder / f"{sample.name[-5:]}.npy", heat)
    metrics = [*METRICS, "entropy", "iou"]
    found = evaluate([], digits, [], metrics, maps=tmp_path / "peer")
    rows = {row.metric: row for row in found if not row.control}
    assert set(rows) == set(metrics)
    assert {(row.images, row.broken, row.undefined, row.constant) for row in rows.values()} == {(6, 1, 1, 0)}
    assert all(rows[metric].score.mean == 1 for metric in [*METRICS, "iou"])
    assert rows["iou"].pooled.mean == 1


@pytest.mark.parametrize(
    ("ending", "content", "said"),
    [
        ("npy", b"no array at all", "the magic string is not correct"),
        ("npy", b"", "EOF"),
        ("npy", None, "it is cut short: 288 bytes are promised, 238 are there"),
        ("npz", b"PK\x03\x04 cut off", "File is not a zip file"),
        ("png", b"\x89PNG cut off", "it is no picture in a format that can be read"),
    ],
)
def test_damaged_files_are_named_in_our_words(tmp_path: Path, ending: str, content: bytes | None, said: str):
    file = tmp_path / f"x.{ending}"
    if content is None:
        np.save(file, np.eye(6))
        content = file.read_bytes()[:-50]
    file.write_bytes(content)
    with pytest.raises(DataError) as error:
        read_map(file, Image.new("RGB", (8, 8)))
    assert str(error.value).startswith(f"x.{ending} is not a map: {said}")


def test_maps_of_a_table_are_found_by_the_name_of_the_image(tmp_path: Path):
    data = tmp_path / "data"
    rows = ["image,label,mask"]
    for name, objects in (("d00", 1), ("d01", 2)):
        save_picture(data / "images" / f"{name}.png")
        for number in range(objects):
            save_mask(data / "masks" / f"{name}.{number}.png", (number, 0, number + 2, 2))
            rows.append(f"images/{name}.png,{number},masks/{name}.{number}.png")
    (data / "labels.csv").write_text("\n".join(rows) + "\n")
    samples = load_data(data, options={"ratio": (0, 0, 1)})
    (tmp_path / "pm" / "cam").mkdir(parents=True)
    for name in ("d00", "d01"):
        np.save(tmp_path / "pm" / "cam" / f"{name}.npy", np.eye(6))
    found = evaluate([], samples, [], "average-precision", maps=tmp_path / "pm")
    assert not found.failures
    images = [line.image for line in found.map_scores if line.method == "cam"]
    assert images == ["images/d00.png", "images/d01.png", "images/d01.png (2)"]


def test_a_file_that_is_missing_is_a_map_that_is(tmp_path: Path, digits: DataSet):
    """A link that leads nowhere, and a folder named like a map."""
    folder = tmp_path / "maps" / "peer"
    folder.mkdir(parents=True)
    for sample in digits:
        np.save(folder / f"{sample.name[-5:]}.npy", np.eye(8))
    missing = folder / f"{digits[0].name[-5:]}.npy"
    missing.unlink()
    missing.symlink_to("nowhere.npy")
    (folder / "x.npy").mkdir()
    found = evaluate([], digits, [], ["entropy"], maps=tmp_path / "maps")
    assert [failure.image for failure in found.failures] == [digits[0].name]
