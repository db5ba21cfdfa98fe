"""Masks are the pixels above a threshold, boxes lie around the regions they form."""

import numpy as np
import pytest
from scipy import ndimage

from tests.explanations import explanation
from vitxplain.errors import OptionError
from vitxplain.explanation.regions import boxes_around, mask_above


@pytest.mark.parametrize("seed", range(20))
def test_boxes_are_those_of_the_connected_regions(seed: int):
    drawn = np.random.default_rng(seed)
    mask = drawn.random((drawn.integers(1, 12), drawn.integers(1, 12))) < drawn.choice([0.1, 0.5, 0.7])
    labels, count = ndimage.label(mask)
    slices = ndimage.find_objects(labels)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    expected = [(x.start, y.start, x.stop, y.stop) for y, x in slices]
    made = boxes_around(mask)
    assert sorted(made) == sorted(expected)
    assert [sizes[expected.index(box)] for box in made] == sorted(sizes, reverse=True) or len(set(expected)) < count


def test_a_mask_is_above_its_threshold_where_the_model_looked():
    heat = np.array([[0.0, 0.2], [0.9, np.nan]])
    assert mask_above(heat, 0.2).tolist() == [[False, False], [True, False]]
    assert mask_above(heat, 0).tolist() == [[False, True], [True, False]]
    assert mask_above(heat, "mean").tolist() == mask_above(heat, "otsu").tolist() == [[False, False], [True, False]]


@pytest.mark.parametrize("threshold", [1, -0.1, "half", [0.5], float("nan")])
def test_other_thresholds_are_refused(threshold: object, unchecked: None):
    with pytest.raises(OptionError, match="it takes a number from 0 to below 1, mean or otsu"):
        explanation().mask(threshold)


def test_the_boxes_of_an_explanation_are_in_pixels_of_the_image():
    values = np.zeros((3, 5), np.float32)
    values[1, 4] = 1
    made = explanation(values)
    (box,) = made.boxes()
    left, top, right, bottom = map(int, box)
    assert made.mask()[top:bottom, left:right].any()
    assert made.mask().sum() == made.mask()[top:bottom, left:right].sum()
    assert left > 90 * 3 / 5
    assert right == 90
