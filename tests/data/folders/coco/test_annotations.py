"""Files of annotations: what is read, left out with a note, and refused by file and entry."""

import re

import pytest

from tests.data.folders.coco.coco_files import CATEGORIES, coco, entry, image, write
from vitxplain.data.folders.coco.annotations import read_coco
from vitxplain.errors import DataError


def test_names_boxes_and_crowds(tmp_path):
    content = read_coco(coco(tmp_path) / "instances.json")
    assert content.names == ("cat", "toothbrush 🪥")
    assert [len(one.objects) for one in content.images] == [3, 1, 0]
    first = content.images[0].objects[0]
    assert (first.name, tuple(first.box), first.crowd) == ("cat", (1, 2, 5.5, 5), False)
    assert content.images[1].objects[0].crowd
    assert content.notes == ()


def test_names_stand_by_rising_number_and_one_name_once(tmp_path):
    kinds = [{"id": 7, "name": "b"}, {"id": 2, "name": "a"}, {"id": 5, "name": "b"}]
    file = write(tmp_path / "a.json", [image(1, "a.png")], [entry(1, 1, 7), entry(2, 1, 5), entry(3, 1, 2)], kinds)
    content = read_coco(file)
    assert content.names == ("a", "b")
    assert [one.name for one in content.images[0].objects] == ["b", "b", "a"]


def test_boxes_of_no_pixels_and_entries_of_no_image_are_noted(tmp_path):
    entries = [entry(1, 1, box=(1, 1, 0, 4)), entry(2, 1, box=(1, 1, 4, -1)), entry(3, 9), entry(4, 1)]
    content = read_coco(write(tmp_path / "a.json", [image(1, "a.png")], entries))
    assert len(content.images[0].objects) == 1
    empty, orphan = content.notes
    assert re.search(
        r"2 annotations are left out, whose box holds no pixels: .*annotation 1 \(id 1\) and others", empty
    )
    assert re.search(r"1 annotation is left out, of images the file does not list: .*annotation 3 \(id 3\)", orphan)


def test_a_box_that_is_not_written_lies_round_the_pixels(tmp_path):
    entries = [
        entry(1, 1, box=(), segmentation=[[1, 2, 5, 2, 5, 5.5]]),
        entry(2, 1, box=(), segmentation={"size": [10, 12], "counts": [11, 2, 107]}),
    ]
    objects = read_coco(write(tmp_path / "a.json", [image(1, "a.png")], entries)).images[0].objects
    assert [tuple(one.box) for one in objects] == [(1, 2, 5, 5.5), (1, 1, 2, 3)]


def test_whole_numbers_may_be_written_with_a_point(tmp_path):
    images = [{"id": 1.0, "file_name": "a.png", "height": 10.0, "width": 12.0}]
    entries = [{"image_id": 1, "category_id": 3.0, "bbox": [0, 0, 1, 1], "iscrowd": None}]
    (read,) = read_coco(write(tmp_path / "a.json", images, entries)).images
    assert (read.size, len(read.objects)) == ((10, 12), 1)


@pytest.mark.parametrize(
    ("images", "annotations", "categories", "words"),
    [
        ({}, [], CATEGORIES, "has no list 'images'"),
        ([], None, CATEGORIES, "has no list 'annotations'"),
        ([3], [], CATEGORIES, "entry 1 of images is 3"),
        ([], [], [], "has no categories"),
        ([], [], [{"id": 1}], "category 1: name is None"),
        ([], [], [{"id": 1, "name": "a" * 2000}], "a text of 2,000 letters"),
        ([], [], [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}], "category 2 has the id 1, as a has"),
        ([{"id": 1}], [], CATEGORIES, "image 1: file_name is None"),
        ([{"file_name": "a.png"}], [], CATEGORIES, "image 1: id is None"),
        ([image(1, "a.png"), image(1, "b.png")], [], CATEGORIES, "image 2 has the id 1"),
        ([image(1, "a.png", width=-4)], [], CATEGORIES, "image 1: height and width are"),
        ([image(1, "a.png")], [entry(5, 1, 4)], CATEGORIES, r"annotation 1 \(id 5\): category_id 4 is none"),
        ([image(1, "a.png")], [entry(5, 1, box=(1, 2))], CATEGORIES, r"annotation 1 \(id 5\): bbox is \[1, 2\]"),
        ([image(1, "a.png")], [entry(5, 1, box="abcd")], CATEGORIES, "write four numbers"),
        ([image(1, "a.png")], [entry(5, 1, box=(1, 2, 3, float("inf")))], CATEGORIES, "write four numbers"),
        ([image(1, "a.png")], [entry(5, 1, box=())], CATEGORIES, "neither a bbox nor a segmentation"),
        ([image(1, "a.png")], [entry(5, 1, iscrowd=2)], CATEGORIES, "iscrowd is 2; write 0 or 1"),
        ([image(1, "a.png")], [entry(5, True)], CATEGORIES, "image_id is True"),
        ([image(1, "a.png")], [entry(5, 1, segmentation=[[1, 2, 3]])], CATEGORIES, "a polygon has 3 numbers"),
        (
            [image(1, "a.png")],
            [entry(5, 1, segmentation={"size": [12, 10], "counts": [120]})],
            CATEGORIES,
            r"annotation 1 \(id 5\): its runs are of 12 x 10 px \(height x width\), its image of 10 x 12 px",
        ),
    ],
)
def test_what_cannot_be_used_is_named_by_file_and_entry(tmp_path, images, annotations, categories, words):
    file = write(tmp_path / "a.json", images, annotations, categories)
    with pytest.raises(DataError, match=rf"a\.json.*{words}"):
        read_coco(file)
