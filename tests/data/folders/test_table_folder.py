import json
from pathlib import Path

import pytest

from tests.data.stored import save_mask, save_picture
from vitxplain.data.load import load_data
from vitxplain.errors import DataError, OptionError

ALL = {"ratio": "0,0,1"}


def _table(root: Path, *rows: str) -> Path:
    for name in ("a.png", "b.png", "c.png"):
        save_picture(root / "pictures" / name)
    (root / "labels.csv").write_text("\n".join(rows) + "\n")
    return root


def test_rows_name_images_and_labels(tmp_path: Path):
    rows = ["file,label", "pictures/a.png,dog", "pictures/b.png,cat", "pictures/c.png,dog"]
    data = load_data(_table(tmp_path, *rows), options=ALL)
    assert data.labels == ("cat", "dog")
    assert [(sample.name, sample.label) for sample in data] == [
        ("pictures/a.png", 1),
        ("pictures/b.png", 0),
        ("pictures/c.png", 1),
    ]
    assert not data.has_masks


def test_rows_may_say_mask_and_split(tmp_path: Path):
    save_mask(tmp_path / "m.png", (0, 0, 2, 2))
    rows = [
        "image,class,mask,split",
        "pictures/a.png,x,m.png,train",
        "pictures/b.png,y,,train",
        "pictures/c.png,x,,test",
    ]
    _table(tmp_path, *rows)
    train = load_data(tmp_path, "train", options={"ratio": "1,0,0"})
    assert [None if sample.mask is None else sample.mask.sum() for sample in train] == [4, None]
    assert [sample.name for sample in load_data(tmp_path, "test")] == ["pictures/c.png"]


def test_objects_in_json_with_several_masks_of_one_image(tmp_path: Path):
    save_picture(tmp_path / "images" / "1.jpg")
    for name, width in (("cat", 2), ("dog", 3)):
        save_mask(tmp_path / "masks" / f"1.{name}.png", (0, 0, width, 1))
    rows = [
        {"image": "images/1.jpg", "mask": f"masks/1.{name}.png", "object": name, "number": 7} for name in ("cat", "dog")
    ]
    (tmp_path / "index.json").write_text(json.dumps(rows))
    data = load_data(tmp_path, options=ALL)
    assert data.has_masks
    assert [(sample.name, sample.label, sample.mask.sum()) for sample in data] == [
        ("images/1.jpg", 0, 2),
        ("images/1.jpg (2)", 1, 3),
    ]
    assert load_data(tmp_path, options={**ALL, "label": "number"}).labels == ("7",)


def test_classes_txt_orders_the_classes_and_labels_may_be_numbers(tmp_path: Path):
    _table(tmp_path, "image,label", "pictures/a.png,1", "pictures/b.png,zebra", "pictures/c.png,ant")
    (tmp_path / "classes.txt").write_text("zebra\nant\n")
    data = load_data(tmp_path, options=ALL)
    assert data.labels == ("zebra", "ant")
    assert [sample.label for sample in data] == [1, 0, 1]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            ["image,label", "pictures/a.png,2"],
            r"image 1: the label '2' is out of range; the classes are 0 to 1 \(x, y\)",
        ),
        (["image,label", "pictures/a.png,x", "pictures/b.png,-1"], "image 2: the label '-1' is out of range"),
        (["image,label", "pictures/a.png,"], "the label '' is out of range"),
        (["image,label", "pictures/z.png,x"], "image 1: there is no file .*pictures/z.png"),
        (["image,label,split", "pictures/a.png,x,later"], "'later' is no split; write train, validation or test"),
        (["picture,label", "pictures/a.png,x"], "has none of the columns image, file.*only picture, label; rename"),
        (["image,label"], "holds no rows; write one for each image"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path: Path, rows: list[str], words: str):
    _table(tmp_path, *rows)
    (tmp_path / "classes.txt").write_text("x\ny\n")
    with pytest.raises(DataError, match=words):
        load_data(tmp_path, options=ALL)


def test_labels_count_from_zero_without_a_list_of_classes_too(tmp_path: Path):
    _table(tmp_path, "image,label", "pictures/a.png,0", "pictures/b.png,-1")
    with pytest.raises(DataError, match="the label '-1' is out of range; labels count from 0"):
        load_data(tmp_path)


def test_a_column_that_is_not_there_and_a_table_that_is_none(tmp_path: Path):
    _table(tmp_path, "image,label", "pictures/a.png,0")
    with pytest.raises(OptionError, match="has no column 'kind', only image, label"):
        load_data(tmp_path, options={"label": "kind"})
    (tmp_path / "labels.csv").unlink()
    (tmp_path / "index.json").write_text("{not json")
    with pytest.raises(DataError, match="index.json is not a table of images: Expecting"):
        load_data(tmp_path)


def test_photographs_with_object_masks(shared_folder: Path):
    data = load_data(shared_folder / "data" / "coco128-objects", options=ALL)
    assert len(data) == 58
    assert data.labels[data[0].label] == "broccoli"
    assert data[0].mask.mean() == pytest.approx(0.1614, abs=1e-4)
