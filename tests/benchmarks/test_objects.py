"""What counts as found, and how a map is scored, in the benchmark of detectors and segmenters."""

import numpy as np
from PIL import Image

from benchmarks.objects import both, objects, segments
from vitxplain.tasks.detected import Detected


def mask() -> np.ndarray:
    inside = np.zeros((20, 30), bool)
    inside[5:15, 10:20] = True
    inside[5, 10] = False  # the box is drawn around what is left
    return inside


def test_the_object_with_the_best_overlap_is_scored():
    near, nearer = Detected(1, "dog", 0.9, (8, 4, 20, 15), query=0), Detected(1, "dog", 0.6, (10, 5, 20, 15), query=1)
    other = Detected(2, "cat", 0.9, (10, 5, 20, 15), query=2)
    ((number, regions),) = objects((near, other, nearer), mask(), "dog")
    assert number == 2
    assert regions["box"].sum() == 100
    assert regions["mask"].sum() == 99


def test_an_object_that_is_unsure_or_elsewhere_is_none():
    elsewhere, unsure = Detected(1, "dog", 0.9, (0, 0, 9, 9)), Detected(1, "dog", 0.4, (10, 5, 20, 15))
    assert list(objects((elsewhere, unsure), mask(), "dog")) == []


def test_segments_are_on_the_image_and_neither_specks_nor_nearly_all_of_it():
    small = np.zeros((4, 6), bool)
    small[1:3, 2:4] = True
    shares = {"background": 0.3, "cat": 0.2, "sky": 0.6, "speck": 0.001}
    there = tuple(Detected(n, name, 0.9, share=share, mask=small) for n, (name, share) in enumerate(shares.items()))
    ((number, regions),) = segments(there, Image.new("RGB", (30, 20)))
    assert number == 1
    np.testing.assert_array_equal(regions["region"], np.kron(small, np.ones((5, 5), bool)))


def test_pointing_and_energy():
    heat = np.zeros((20, 30))
    heat[6, 12], heat[0, 0] = 3, 1
    assert dict(both(heat, mask())) == {"pointing": 1.0, "energy": 0.75}
