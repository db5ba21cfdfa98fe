"""Pixels replaced in the order of a map, and what replaces them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from vitxplain.errors import OptionError
from vitxplain.metrics.baselines import baseline_of, check_baseline
from vitxplain.metrics.replacement import highest_first, replaced

HEATS = arrays.arrays(np.float64, (5, 6), elements=st.sampled_from([-1.0, 0.0, 0.5, 1.0, np.nan]))
PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3)).astype(np.uint8))


@given(HEATS, st.integers(0, 99))
def test_the_order_falls_holds_every_pixel_once_and_ends_with_what_was_not_seen(heat, seed):
    order = highest_first(heat, seed)
    assert sorted(order) == list(range(30))
    values = heat.ravel()[order]
    seen = np.isfinite(values)
    assert (np.diff(values[seen]) <= 0).all()
    assert not seen[seen.sum() :].any()


def test_equal_pixels_go_by_chance_and_not_by_place():
    flat = np.zeros((50, 60))
    order = highest_first(flat, 0)
    assert np.array_equal(order, highest_first(flat, 0))
    assert not np.array_equal(order, highest_first(flat, 1))
    assert abs(np.corrcoef(order, np.arange(3000))[0, 1]) < 0.06


@given(HEATS, st.integers(0, 30))
def test_as_many_pixels_are_replaced_as_asked_and_the_ends_are_exact(heat, count):
    size = heat.shape[::-1]
    black, white = Image.new("RGB", size), Image.new("RGB", size, (255, 255, 255))
    none, some, every = (np.asarray(one) for one in replaced(black, white, heat, [0, count / 30, 1], 0))
    assert np.array_equal(none, np.asarray(black))
    assert np.array_equal(every, np.asarray(white))
    assert (some == 255).all(-1).sum() == count
    assert (some == 0).all(-1).sum() == 30 - count
    values = np.where(np.isnan(heat), -np.inf, heat)
    if 0 < count < 30:
        assert values[some[..., 0] == 255].min() >= values[some[..., 0] == 0].max()


def test_baselines_show_nothing():
    black, mean, blur = (np.asarray(baseline_of(PHOTO, name)).astype(float) for name in ("zero", "mean", "blur"))
    assert black.max() == 0
    assert (mean == np.asarray(PHOTO).mean((0, 1)).round()).all()
    assert blur.std() < np.asarray(PHOTO).std() / 5
    assert blur.mean() == pytest.approx(np.asarray(PHOTO).mean(), rel=0.03)
    for name in ("zero", "mean", "blur"):
        assert baseline_of(PHOTO.convert("L"), name).mode == "RGB"
        assert baseline_of(PHOTO, name).size == PHOTO.size


def test_an_unknown_baseline_is_an_error_that_names_the_known():
    with pytest.raises(OptionError, match="zero, mean or blur"):
        check_baseline("grey")
