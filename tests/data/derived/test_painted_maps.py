from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.data.folders.coco.coco_files import coco, entry, image, write
from tests.data.stored import annotate, save_picture
from vitxplain.data.derived.painted_maps import with_class_maps
from vitxplain.data.load import load_data
from vitxplain.data.sample import DataSet, ExactBox, LabelledObject, Sample
from vitxplain.errors import DataError

ALL = {"ratio": "0,0,1"}
THIN = [[1, 1.1, 5, 1.1, 5, 1.3, 1, 1.3]]  # holds the middle of no pixel


def test_objects_are_painted_and_images_with_boxes_alone_are_left_out(tmp_path: Path):
    coco(tmp_path)  # 1 has a box alone, 2 a crowd, 3 nothing
    data = with_class_maps(load_data(tmp_path, options=ALL))
    assert [sample.name for sample in data] == ["images/2.png", "images/3.png"]
    assert data.notes[-1].endswith("1 image has objects that are known by their boxes alone and is left out.")
    crowd, nothing = (sample.class_map for sample in data)
    assert set(crowd.flat) == {0, -1}
    assert not nothing.any()
    assert with_class_maps(data) is data


def test_small_objects_lie_over_large_ones_and_one_of_which_nothing_shows_is_no_trouble(tmp_path: Path):
    save_picture(tmp_path / "a.png")
    large, small = [[0, 0, 8, 0, 8, 8, 0, 8]], [[2, 2, 4, 2, 4, 4, 2, 4]]
    entries = [
        entry(1, 1, 90, (2, 2, 2, 2), segmentation=small),
        entry(2, 1, 3, (0, 0, 8, 8), segmentation=large),
        entry(3, 1, 90, (1, 1, 4, 0.2), segmentation=THIN),
    ]
    write(tmp_path / "instances.json", [image(1, "a.png")], entries)
    class_map = with_class_maps(load_data(tmp_path, options=ALL))[0].class_map
    assert [int(class_map[place]) for place in ((3, 3), (7, 7), (1, 3), (9, 9))] == [2, 1, 1, 0]


def test_boxes_alone_are_no_map(tmp_path: Path):
    save_picture(tmp_path / "a.png")
    write(tmp_path / "instances.json", [image(1, "a.png")], [entry(1, 1)])
    with pytest.raises(DataError, match="all images of the test split of .* known by their boxes alone"):
        with_class_maps(load_data(tmp_path, options=ALL))


def test_images_without_a_map_beside_others_are_left_out(tmp_path: Path):
    for name in "ab":
        save_picture(tmp_path / "JPEGImages" / f"{name}.jpg")
        annotate(tmp_path / "Annotations" / f"{name}.xml", ("cat", (1, 1, 6, 5)))
    numbers = np.zeros((10, 12), np.uint8)
    numbers[0:5, 0:6] = 1
    (tmp_path / "SegmentationObject").mkdir()
    Image.fromarray(numbers).save(tmp_path / "SegmentationObject" / "a.png")
    for limit in (None, 2):
        data = with_class_maps(load_data(tmp_path, options=ALL, limit=limit))
        assert [sample.name for sample in data] == ["a.jpg"]
        assert data.notes[-1].endswith("1 image has no map of classes and is left out.")


@dataclass(frozen=True)
class Own(DataSet):
    """A set of somebody's own, which says nothing before it is read."""

    name: str = "own"
    split: Any = "train"
    labels: tuple[str, ...] = ("a",)
    object_labels: tuple[str, ...] = ("a",)

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Sample:
        thing = LabelledObject(0, "a", ExactBox(0.0, 0.0, 2.0, 2.0))
        return Sample(Image.new("RGB", (4, 4)), 0, "first", objects=(thing,))


def test_what_is_told_only_by_reading_is_refused_then():
    with pytest.raises(DataError, match="a on first is known by its box alone"):
        with_class_maps(Own())[0]
