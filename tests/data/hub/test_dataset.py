import pickle
import time
from pathlib import Path

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, Features, Value
from datasets import Image as Images

from tests.data.stored import picture, png_bytes
from vitxplain.data.hub.dataset import HubImages
from vitxplain.data.hub.stream import StreamedImages
from vitxplain.data.load import load_data
from vitxplain.errors import DataError, ImageError, OptionError

CATS = ClassLabel(names=["cat", "dog"])


def _save(root: Path, split: str, rows: dict[str, list], features: dict | None = None) -> Path:
    (root / "data").mkdir(parents=True, exist_ok=True)
    known = {"image": Images(), "mask": Images(), "label": CATS}
    kinds = Features(features or {key: known[key] for key in rows})
    Dataset.from_dict(rows, features=kinds).to_parquet(root / "data" / f"{split}-00000-of-00001.parquet")
    return root


def _pets(root: Path, **counts: int) -> Path:
    for number, (split, count) in enumerate(counts.items()):
        images = [picture(100 * number + index) for index in range(count)]
        _save(root, split, {"image": images, "label": [index % 2 for index in range(count)]})
    return root


@pytest.fixture(scope="module")
def pets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _pets(tmp_path_factory.mktemp("pets"), train=40, test=10)


def test_rows_are_samples(pets: Path):
    data = load_data(pets, "test")
    assert isinstance(data, HubImages)
    assert (len(data), data.labels, data.has_masks) == (10, ("cat", "dog"), False)
    assert [sample.label for sample in data] == [0, 1] * 5
    np.testing.assert_array_equal(np.asarray(data[3].image), np.asarray(picture(103)))
    assert len(load_data(pets, "test", limit=3)) == 3


def test_a_missing_validation_split_is_a_share_of_train_by_class(pets: Path):
    train, held = load_data(pets, "train"), load_data(pets, "validation")
    assert (len(train), len(held)) == (36, 4)
    assert sorted(sample.label for sample in held) == [0, 0, 1, 1]
    assert not {_bytes(sample) for sample in train} & {_bytes(sample) for sample in held}
    assert "10 % of train are held out" in held.notes[0]


@pytest.mark.parametrize(
    ("kind", "values", "labels"),
    [
        ("string", ["wolf", "ant"], ("ant", "wolf")),
        ("int64", [10, 9], ("9", "10")),
        ("bool", [True, False], ("False", "True")),
    ],
)
def test_labels_may_be_texts_or_numbers(tmp_path: Path, kind: str, values: list, labels: tuple[str, ...]):
    rows = {"img": [picture(), picture()], "category": values}
    _save(tmp_path, "test", rows, {"img": Images(), "category": Value(kind)})
    data = load_data(tmp_path, "test")
    assert data.labels == labels
    assert [sample.label for sample in data] == [1, 0]


def test_masks_of_a_column_and_by_brightness(tmp_path: Path):
    mask = picture(1).convert("L").point(lambda value: 255 * (value > 100))
    _save(tmp_path, "test", {"image": [picture(), picture()], "mask": [mask, None], "label": [0, 1]})
    data = load_data(tmp_path, "test")
    assert data.has_masks
    np.testing.assert_array_equal(data[0].mask, np.asarray(mask) > 0)
    assert data[1].mask is None
    by_brightness = load_data(tmp_path, "test", options={"threshold": "90"})
    np.testing.assert_array_equal(by_brightness[1].mask, np.asarray(picture().convert("L")) > 90)


def test_columns_are_chosen_by_the_user_where_several_fit(tmp_path: Path):
    rows = {"left": [picture(1)], "right": [picture(2)], "colour": [0], "shape": [1]}
    _save(tmp_path, "test", rows, {"left": Images(), "right": Images(), "colour": CATS, "shape": CATS})
    with pytest.raises(DataError, match=r"several columns \(left, right\) that may be the image; .*data.image=COLUMN"):
        load_data(tmp_path, "test")
    with pytest.raises(DataError, match=r"several columns \(colour, shape\) that may be the label"):
        load_data(tmp_path, "test", options={"image": "left"})
    sample = load_data(tmp_path, "test", options={"image": "right", "label": "shape", "mask": "left"})[0]
    assert sample.label == 1
    np.testing.assert_array_equal(np.asarray(sample.image), np.asarray(picture(2)))
    with pytest.raises(OptionError, match="no column 'middle' for the image; it has left"):
        load_data(tmp_path, "test", options={"image": "middle"})


def test_tables_without_images_or_labels(tmp_path: Path):
    _save(tmp_path / "a", "test", {"text": ["x"], "label": [1]}, {"text": Value("string"), "label": CATS})
    with pytest.raises(
        DataError, match=r"has no column that is the image.*It has text \(Value\), label \(ClassLabel\)"
    ):
        load_data(tmp_path / "a", "test")
    _save(
        tmp_path / "b",
        "test",
        {"image": [picture()], "caption": ["x"]},
        {"image": Images(), "caption": Value("string")},
    )
    with pytest.raises(DataError, match="has no column that is the label; say which with -o data.label=COLUMN"):
        load_data(tmp_path / "b", "test")


def test_images_without_a_label(tmp_path: Path):
    _save(tmp_path, "test", {"image": [picture(), picture()], "label": [1, -1]})
    with pytest.raises(
        DataError, match=r"image 1 of .* has the label -1, which is out of range: its classes are 0 to 1"
    ):
        load_data(tmp_path, "test")


def test_damaged_rows_are_image_errors_that_name_them(tmp_path: Path):
    cells = [{"bytes": png_bytes(picture())[:200], "path": None}, {"bytes": b"none", "path": None}, None]
    _save(tmp_path, "test", {"image": cells, "label": [0, 0, 1]})
    data = load_data(tmp_path, "test")
    for index, words in ((0, "damaged or incomplete"), (1, "test/000001 is damaged or no image"), (2, "has no image")):
        with pytest.raises(ImageError, match=words):
            data[index]


def test_splits_of_other_names(tmp_path: Path):
    _pets(tmp_path / "one", full=20)
    assert len(load_data(tmp_path / "one", "train")) == 16
    _pets(tmp_path / "two", left=2, right=2)
    with pytest.raises(DataError, match=r"has the splits left, right, none of which is train"):
        load_data(tmp_path / "two", "train")


def _streamed(root: Path, split: str = "test", **options: str) -> StreamedImages:
    data = load_data(root, split, options={"streaming": "yes", **options})
    assert isinstance(data, StreamedImages)
    return data


def test_a_stream_gives_the_same_samples_in_order(pets: Path):
    data = _streamed(pets, count="10")
    assert data.in_order
    assert [_bytes(sample) for sample in data] == [_bytes(sample) for sample in load_data(pets, "test")]
    assert _bytes(data[0]) == _bytes(load_data(pets, "test")[0])  # once more from the start


def test_a_stream_goes_ahead_but_not_back(pets: Path):
    stored, data = load_data(pets, "test"), _streamed(pets, count="10")
    for index in (4, 4, 7):  # as a resumed run starts
        assert _bytes(data[index]) == _bytes(stored[index])
    with pytest.raises(DataError, match="cannot go back from image 7 to 5; .* -o data.streaming=no"):
        data[5]
    with pytest.raises(IndexError):
        data[10]


def test_each_epoch_of_a_stream_has_its_own_order_the_same_in_every_run(pets: Path):
    def epoch(number: int) -> list[bytes]:
        return [_bytes(sample) for sample in _streamed(pets, count="10").during(number, 0.0)]

    assert epoch(0) == epoch(0) != epoch(1)
    assert sorted(epoch(0)) == sorted(epoch(1))


def test_a_stream_travels_to_another_process(pets: Path):
    data = _streamed(pets, count="10")
    first = _bytes(data[0])
    copy = pickle.loads(pickle.dumps(data))
    assert _bytes(copy[0]) == first


def test_a_stream_shares_train_out_by_place(pets: Path):
    train, held = _streamed(pets, "train", count="30"), _streamed(pets, "validation", count="2")
    seen = {_bytes(sample) for sample in train}
    assert len(seen) == 30
    assert not seen & {_bytes(sample) for sample in held}


def test_a_stream_of_unknown_length_or_classes_says_what_to_do(tmp_path: Path):
    _pets(tmp_path / "a", test=4)
    with pytest.raises(DataError, match=r"how many images .* say how many to take with -o data.count=N"):
        _streamed(tmp_path / "a")
    with pytest.raises(DataError, match=r"ended after 4 images; give -o data.count=4"):
        list(_streamed(tmp_path / "a", count="9"))
    _save(tmp_path / "b", "test", {"image": [picture()], "label": ["x"]}, {"image": Images(), "label": Value("string")})
    with pytest.raises(DataError, match="the values of its column 'label', known only when all is read"):
        _streamed(tmp_path / "b", count="1")


@pytest.mark.parametrize("source", ["owner/name", "mnist", "cifar10"])
def test_without_the_hub_the_ways_out_are_named_within_seconds(source: str):
    started = time.monotonic()
    with pytest.raises(
        DataError, match=r"not in the local cache, and HF_HUB_OFFLINE.*digits and defects.*mnist:FOLDER"
    ):
        load_data(source)
    assert time.monotonic() - started < 20  # asking again and again takes longer


def _bytes(sample) -> bytes:
    return np.asarray(sample.image).tobytes()
