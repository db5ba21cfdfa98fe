"""Polygons are filled and runs unpacked as COCO means them."""

import numpy as np
import pytest

from vitxplain.data.folders.coco.regions import Polygons, Runs, filled, region
from vitxplain.errors import DataError

# A ring of 40 x 50 px (height x width), packed by COCO's own tools.
RING = "R=1R1:I4L4M2N2N2O0O2OBD0;NK04ON02O0000000000O030M0100000000001N021L052E0<>1N101N2N2N3L4L7Fk:"


def ring() -> np.ndarray:
    height, width = np.ogrid[:40, :50]
    distance = (height - 18) ** 2 + (width - 25) ** 2
    return (distance <= 15**2) & (distance > 6**2)


def test_packed_runs_are_those_of_coco():
    packed = region({"size": [40, 50], "counts": RING}, (40, 50), "a")
    np.testing.assert_array_equal(packed.read((40, 50)), ring())
    assert packed.box() == (10, 3, 41, 34)


def test_runs_go_down_the_columns():
    runs = region({"size": [2, 3], "counts": [1, 2, 3]}, None, "a")
    assert runs.read((2, 3)).tolist() == [[False, True, False], [True, False, False]]
    assert runs.box() == (0, 0, 2, 2)
    assert region({"size": [2, 3], "counts": [6]}, None, "a").box() == (0, 0, 0, 0)
    with pytest.raises(DataError, match="a: the mask is of 2 x 3 px"):
        runs.read((3, 2))


def test_a_pixel_is_inside_if_its_middle_is():
    mask = filled(np.array([[1, 2], [5, 2], [5, 5.4], [1, 5.4]], float), (10, 12))
    rows, columns = np.nonzero(mask)
    assert (rows.min(), rows.max(), columns.min(), columns.max(), mask.sum()) == (2, 4, 1, 4, 12)


def test_polygons_are_filled_as_a_slow_test_of_each_pixel_says():
    random = np.random.default_rng(0)
    for _ in range(10):
        corners = random.uniform(-5, 25, (int(random.integers(3, 9)), 2))
        expected = [[_inside(corners, x + 0.5, y + 0.5) for x in range(20)] for y in range(15)]
        np.testing.assert_array_equal(filled(corners, (15, 20)), expected)


def _inside(corners: np.ndarray, x: float, y: float) -> bool:
    """Whether a ray to the right crosses the border an odd number of times."""
    crossings = 0
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, 0), strict=True):
        if min(y0, y1) <= y < max(y0, y1) and x <= x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            crossings += 1
    return crossings % 2 == 1


def test_several_polygons_are_one_object():
    both = region([[0, 0, 2, 0, 2, 2, 0, 2], [4, 0, 6, 0, 6, 2, 4, 2]], None, "a")
    assert isinstance(both, Polygons)
    assert both.read((3, 7)).sum() == 8
    assert region([0, 0, 2, 0, 2, 2, 0, 2], None, "a").read((3, 7)).sum() == 4  # without a list round it


@pytest.mark.parametrize("nothing", [None, [], [[]], [[1, 2, 3, 4]]])
def test_what_encloses_nothing_is_no_mask(nothing):
    assert region(nothing, None, "a") is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("here", "its segmentation is here, neither"),
        ([["a", 1, 2, 3, 4, 5]], "write it as numbers x, y"),
        ([[1, 2, 3, 4, 5]], "a polygon has 5 numbers"),
        ([[1, 2, 3, 4, 5, float("nan")]], "is no place on an image"),
        ([[1, 2, 3, 4, 5, 1e12]], "is no place on an image"),
        ({"counts": [1]}, "the size of its runs is None"),
        ({"size": [2, 0], "counts": []}, "the size of its runs is"),
        ({"size": [2, 2], "counts": [1, 2]}, "its runs cover 3 pixels, its size 4"),
        ({"size": [2, 2], "counts": [5, -1]}, "write whole numbers from 0"),
        ({"size": [2, 2], "counts": None}, "write whole numbers from 0"),
        ({"size": [2, 2], "counts": "£"}, "no packed numbers"),
        ({"size": [2, 2], "counts": "oooooooooooooooooo"}, "no packed numbers"),
        ({"size": [2, 2], "counts": "o"}, "are cut short"),
        ({"size": [2**40, 2], "counts": [2**41]}, "the size of its runs is"),
        ({"size": [3, 3], "counts": [9]}, "its runs are of 3 x 3 px"),
    ],
)
def test_what_is_no_region_is_said(value, words):
    with pytest.raises(DataError, match=f"file, annotation 1: .*{words}"):
        region(value, (2, 2), "file, annotation 1")


def test_a_mask_of_many_runs_is_held_as_such():
    runs = Runs((1, 4), np.array([1, 1, 1, 1]), "a")
    assert runs.read((1, 4)).tolist() == [[False, True, False, True]]
