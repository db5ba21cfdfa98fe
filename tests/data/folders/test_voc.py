from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.stored import annotate, save_picture
from vitxplain.data.load import load_data
from vitxplain.data.sample import Box
from vitxplain.errors import DataError

ALL = {"ratio": "0,0,1"}


@pytest.fixture
def voc(tmp_path: Path) -> Path:
    """Three images of 10 x 12 px (height x width): two cats and a dog; a dog; nothing."""
    for name in "abc":
        save_picture(tmp_path / "JPEGImages" / f"{name}.jpg")
    cats = (("cat", (1, 1, 6, 5)), ("dog", (8, 8, 9, 9)), ("cat", (7, 6, 12, 10)))
    annotate(tmp_path / "Annotations" / "a.xml", *cats)
    annotate(tmp_path / "Annotations" / "b.xml", ("dog", (3, 4, 3, 4)))
    annotate(tmp_path / "Annotations" / "c.xml")
    return tmp_path


def test_the_largest_box_gives_the_class_and_all_of_that_class_are_boxes(voc: Path):
    data = load_data(voc, options=ALL)
    assert data.labels == ("cat", "dog", "good")
    assert [sample.label for sample in data] == [0, 1, 2]
    assert data[0].boxes == (Box(0, 0, 6, 5), Box(6, 5, 12, 10))  # counted from 0, the last ones outside
    assert data[1].boxes == (Box(2, 3, 3, 4),)
    assert data[2].boxes == ()
    assert data.has_masks
    assert "1 images of" in " ".join(data.notes)
    assert "hold several classes; the largest box gives the label" in " ".join(data.notes)
    assert load_data(voc, options={**ALL, "empty": "none"}).labels == ("cat", "dog", "none")


def test_lists_give_the_splits(voc: Path):
    lists = voc / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("a\nb\n")
    (lists / "val.txt").write_text("c 1\n")
    (lists / "trainval.txt").write_text("a\nb\nc\n")
    assert [sample.name for sample in load_data(voc, "train")] == ["a.jpg", "b.jpg"]
    assert [sample.name for sample in load_data(voc, "validation")] == ["c.jpg"]
    (lists / "test.txt").write_text("a\n")
    with pytest.raises(DataError, match="test.txt names a, which another list has already"):
        load_data(voc, "train")
    (lists / "test.txt").write_text("zzz\n")
    with pytest.raises(DataError, match="test.txt names zzz, but JPEGImages/ has no such image"):
        load_data(voc, "train")


def test_masks_of_objects_are_those_of_the_class(voc: Path):
    numbers = np.zeros((10, 12), np.uint8)
    numbers[0:5, 0:6], numbers[7, 7], numbers[9, 9], numbers[5, 5] = 1, 2, 3, 255
    _save(voc / "SegmentationObject" / "a.png", numbers)
    mask = load_data(voc, options=ALL)[0].mask
    np.testing.assert_array_equal(mask, (numbers == 1) | (numbers == 3))


def test_masks_of_classes_are_read_by_what_fills_the_box(voc: Path):
    numbers = np.zeros((10, 12), np.uint8)
    numbers[6:10, 7:12], numbers[7, 7], numbers[5, :] = 8, 12, 255
    _save(voc / "SegmentationClass" / "a.png", numbers)
    np.testing.assert_array_equal(load_data(voc, options=ALL)[0].mask, numbers == 8)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<annotation><object>", "a.xml is not an annotation of Pascal VOC: no element"),
        (
            "<a><object><name>cat</name></object></a>",
            "a.xml is not an annotation of Pascal VOC: object 1 has no bndbox/xmin",
        ),
    ],
)
def test_broken_annotations(voc: Path, content: str, words: str):
    (voc / "Annotations" / "a.xml").write_text(content)
    with pytest.raises(DataError, match=words):
        load_data(voc)


def test_boxes_of_nothing_are_left_out_and_counted_and_the_others_keep_their_numbers(voc: Path):
    numbers = np.zeros((10, 12), np.uint8)
    numbers[0:5, 0:6], numbers[7, 7] = 1, 2
    _save(voc / "SegmentationObject" / "a.png", numbers)
    annotate(voc / "Annotations" / "a.xml", ("cat", (5, 5, 2, 9)), ("dog", (8, 8, 8, 8)))
    annotate(voc / "Annotations" / "b.xml", ("dog", (0, 0, 0, 4)))
    data = load_data(voc, options=ALL)
    assert data.labels == ("dog", "good")
    assert [[one.name for one in sample.objects] for sample in data] == [["dog"], [], []]
    np.testing.assert_array_equal(data[0].objects[0].mask, numbers == 2)
    left_out = (
        f"2 objects are left out, whose box holds no pixels: {voc / 'Annotations' / 'a.xml'}, object 1 and others."
    )
    assert list(data.notes).count(left_out) == 1


def test_objects_without_a_name(voc: Path):
    annotate(voc / "Annotations" / "a.xml", ("", (1, 1, 2, 9)))
    with pytest.raises(DataError, match="object 1 has no name"):
        load_data(voc)


def test_images_without_annotation_are_left_out_and_counted(voc: Path):
    (voc / "Annotations" / "c.xml").unlink()
    data = load_data(voc, options=ALL)
    assert len(data) == 2
    assert "have no annotation and are left out" in " ".join(data.notes)
    for file in (voc / "Annotations").iterdir():
        file.unlink()
    with pytest.raises(DataError, match="no images in JPEGImages/ with an annotation"):
        load_data(voc)


def test_all_objects_come_along(voc: Path):
    difficult = (voc / "Annotations" / "b.xml").read_text().replace("<bndbox>", "<difficult>1</difficult><bndbox>")
    (voc / "Annotations" / "b.xml").write_text(difficult)
    data = load_data(voc, options=ALL)
    assert data.object_labels == ("cat", "dog")
    assert [(one.name, tuple(one.box), one.ignore) for one in data[0].objects] == [
        ("cat", (0, 0, 6, 5), False),
        ("dog", (7, 7, 9, 9), False),
        ("cat", (6, 5, 12, 10), False),
    ]
    assert data[1].objects[0].ignore
    assert data[2].objects == ()
    assert data.map_labels == ()


def test_objects_have_the_masks_of_their_numbers(voc: Path):
    numbers = np.zeros((10, 12), np.uint8)
    numbers[0:5, 0:6], numbers[7, 7], numbers[9, 9], numbers[5, 5] = 1, 2, 3, 255
    _save(voc / "SegmentationObject" / "a.png", numbers)
    data = load_data(voc, options=ALL)
    sample = data[0]
    for number, one in enumerate(sample.objects, 1):
        np.testing.assert_array_equal(one.mask, numbers == number)
    assert data.map_labels == ("background", "cat", "dog")
    assert [int(sample.class_map[place]) for place in ((0, 0), (7, 7), (9, 9), (5, 5), (9, 0))] == [1, 2, 1, -1, 0]
    assert data[1].class_map is None
    assert not data[2].class_map.any()  # without objects all is background
    assert data.without_map() == {1}


@pytest.mark.parametrize(
    ("names", "first", "second", "labels"),
    [
        ("", 8, 12, ("background", "aeroplane")),  # as Pascal VOC numbers cats and dogs
        ("", 1, 2, ()),  # nobody says what these are
        ("background\ncat\ndog\n", 1, 2, ("background", "cat")),
        ("cat\ndog\n", 1, 2, ("background", "cat")),  # 0 is what is no object
        ("background\ndog\ncat\n", 1, 2, ()),  # the boxes say otherwise
    ],
)
def test_numbers_of_classes_have_names_that_fit_the_boxes(voc: Path, names, first, second, labels):
    numbers = np.zeros((10, 12), np.uint8)
    numbers[0:5, 0:6], numbers[7:9, 7:9], numbers[9, 9:], numbers[5, 5] = first, second, first, 255
    _save(voc / "SegmentationClass" / "a.png", numbers)
    if names:
        (voc / "classes.txt").write_text(names)
    data = load_data(voc, options=ALL)
    assert data.map_labels[:2] == labels
    if labels:
        shown = data[0].class_map
        assert [data.map_labels[shown[place]] for place in ((0, 0), (8, 8), (9, 0))] == ["cat", "dog", "background"]
        assert shown[5, 5] == -1
    assert data[0].mask.sum() == (numbers == first).sum()


def test_lists_of_segmentations_may_give_the_splits(voc: Path):
    lists = voc / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "val.txt").write_text("a\n")
    assert [one.name for one in load_data(voc, "validation", options={"lists": "Segmentation"})] == ["a.jpg"]


def _save(file: Path, numbers: np.ndarray) -> None:
    file.parent.mkdir()
    image = Image.fromarray(numbers)
    image.putpalette([value for number in range(256) for value in (number, 0, 255 - number)])
    image.save(file)
