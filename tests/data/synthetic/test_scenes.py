"""Scenes: the same everywhere, and every box, mask and map is what was drawn."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from vitxplain.data.load import load_data
from vitxplain.data.sample import ExactBox
from vitxplain.data.subset import spread
from vitxplain.data.synthetic.scenes import COUNTS, Scenes
from vitxplain.errors import OptionError

GOLDEN = "02a77109c0e07815e81efe332f9b0e3894ea9e8cb90162ae728b1499a3735aa9"


def test_the_pixels_are_those_of_every_other_machine():
    digest = hashlib.sha256()
    for split in COUNTS:
        for sample in Scenes(split, size=(48, 64), seed=3, count=8):
            digest.update(np.asarray(sample.image).tobytes())
            digest.update(sample.class_map.astype("<i2").tobytes())
    assert digest.hexdigest() == GOLDEN


def test_boxes_masks_and_map_agree():
    data = Scenes("test", count=20)
    for sample in data:
        assert sample.class_map.shape == sample.mask.shape == (96, 96)
        claimed = np.zeros((96, 96), int)
        for known in sample.objects:
            assert known.name == data.object_labels[known.label]
            rows, columns = np.nonzero(known.mask)
            assert known.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            assert (sample.class_map[known.mask] == data.map_labels.index(known.name)).all()
            claimed += known.mask
        assert claimed.max() == 1  # of two digits that overlap, the upper one has the pixel
        assert ((sample.class_map > 0) == claimed).all()


def test_what_is_masked_is_lighter_than_its_ground():
    for sample in Scenes("test", count=20, hardness=0):
        grey = np.asarray(sample.image.convert("L"), float)
        inside = [grey[known.mask].mean() for known in sample.objects]
        assert min(inside) > 2 * grey[sample.class_map == 0].mean() or min(inside) > 150


def test_the_class_of_a_scene_is_that_of_its_largest_digit():
    for sample in Scenes("test", count=20):
        largest = max(sample.objects, key=lambda known: known.mask.sum())
        alike = [known for known in sample.objects if known.label == largest.label]
        assert sample.label == largest.label
        assert sample.boxes == tuple(known.box for known in alike)
        assert (sample.mask == sum(known.mask for known in alike).astype(bool)).all()


def test_every_digit_is_there_and_in_the_number_asked_for():
    counts = [len(sample.objects) for sample in Scenes("test", count=15, least=2, most=3, hardness=0)]
    assert set(counts) == {2, 3}
    many = [sample.objects for sample in Scenes("test", count=40)]
    assert {known.name for objects in many for known in objects} == set("0123456789")
    assert max(len(sample.objects) for sample in Scenes("test", (300, 300), count=1, least=30, most=30)) >= 25


def test_training_is_never_the_same_twice_and_grows_harder():
    data = Scenes("train", count=5, curriculum=0.5)
    first, later = data.during(0, 0.0), data.during(9, 0.9)
    assert (first.hardness, later.hardness) == (0.0, 1.0)
    assert {sample.facts["texture"] for sample in first} == {"plain"}
    again = later.during(3, 1.0), later.during(4, 1.0)
    assert not np.array_equal(*(np.asarray(epoch[0].image) for epoch in again))


def test_they_open_by_name_and_parts_of_them_keep_their_names():
    data = load_data("scenes", "train", size=(64, 80), seed=4, limit=7, options={"most": "2"})
    assert data == Scenes("train", (64, 80), 4, 7, most=2)
    part = spread(replace(data, count=None), 3)
    assert part.object_labels == tuple("0123456789")
    assert part.map_labels == ("background", *"0123456789")
    assert part[2].objects


def test_exact_boxes_know_the_pixels_they_touch():
    assert ExactBox(0.5, 1.0, 2.2, 3.0).pixels() == (0, 1, 3, 3)


@pytest.mark.parametrize(
    "wrong", [{"size": (20, 96)}, {"hardness": 1.5}, {"curriculum": -0.1}, {"least": 0}, {"least": 3, "most": 2}]
)
def test_options_that_cannot_be_are_refused(wrong):
    with pytest.raises(OptionError):
        Scenes("test", **wrong)


def test_there_is_no_sample_past_the_end():
    with pytest.raises(IndexError, match="there is no image 3"):
        Scenes("test", count=3)[3]
