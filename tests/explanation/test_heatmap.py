"""The heat map in closed form: where a cell lands, what is unseen, how values are scaled."""

import numpy as np
import pytest

from tests.explanations import explanation
from vitxplain.errors import UsageError
from vitxplain.explanation.heatmap import patch_map, unit_range
from vitxplain.explanation.titles import detail


def hot(row: int, column: int, shape: tuple[int, int] = (3, 5)) -> np.ndarray:
    values = np.zeros(shape)
    values[row, column] = 7.0
    return values


def centre_of_mass(heat: np.ndarray) -> tuple[float, float]:
    heat = np.nan_to_num(heat)
    rows, columns = np.indices(heat.shape) + 0.5
    return (heat * rows).sum() / heat.sum(), (heat * columns).sum() / heat.sum()


def test_a_hot_cell_lands_on_its_own_pixels():
    heat = explanation(hot(1, 3), size=(60, 90)).heatmap()
    assert heat.shape == (60, 90)
    assert centre_of_mass(heat) == pytest.approx((30, 63), abs=0.01)  # 1.5 of 3 rows, 3.5 of 5 columns
    assert np.unravel_index(heat.argmax(), heat.shape) in {(29, 62), (29, 63), (30, 62), (30, 63)}
    assert heat.max() > 0.9


def test_a_hot_cell_of_a_crop_lands_inside_the_crop():
    box = (10.0, 20.0, 40.0, 70.0)  # 30 x 50 pixels: cells of 10 x 10
    heat = explanation(hot(1, 3), size=(60, 90), box=box).heatmap()
    assert centre_of_mass(heat) == pytest.approx((25, 55), abs=0.01)


def test_nan_exactly_where_the_model_did_not_look():
    heat = explanation(hot(1, 3), size=(60, 90), box=(10.0, 20.0, 40.0, 70.0)).heatmap()
    unseen = np.ones((60, 90), bool)
    unseen[10:40, 20:70] = False
    np.testing.assert_array_equal(np.isnan(heat), unseen)


@pytest.mark.parametrize("padding", [0.0, 99.0, -99.0, np.nan])
def test_padding_lies_outside_the_image_and_counts_for_nothing(padding: float):
    """Input padded above and below: of 5 rows of cells, 20 pixels each, the image shows 1, 2 and 3."""
    values = np.array([padding, 1, 2, 3, padding])[:, None].repeat(3, 1)
    heat = explanation(values, size=(60, 90), box=(-20.0, 0.0, 80.0, 90.0)).heatmap()
    np.testing.assert_allclose(heat[:, 45], np.interp(np.arange(60) + 0.5, [10, 50], [0, 1]), atol=1e-6)


def test_a_patch_partly_on_padding_is_one_of_the_image():
    """Of 4 rows of cells, 20 pixels each, the image fills one and a half."""
    values = np.array([2.0, 4.0, 9.0, 9.0])[:, None]
    heat = explanation(values, size=(30, 10), box=(0.0, 0.0, 80.0, 10.0)).heatmap()
    np.testing.assert_allclose(heat[:, 5], np.interp(np.arange(30) + 0.5, [10, 30], [0, 1]), atol=1e-6)


def test_bilinear_between_centres_constant_beyond():
    """Two cells, 0 and 1, on 8 pixels: a ramp between their centres at 2 and 6."""
    heat = explanation(np.array([[0.0, 1.0]]), size=(2, 8)).heatmap()
    np.testing.assert_allclose(heat[0], [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1], atol=1e-6)


def test_cells_finer_than_pixels_are_averaged_not_skipped():
    heat = explanation(hot(5, 5, (12, 12)), size=(4, 4)).heatmap()
    assert heat.max() > 0
    assert heat.sum() == pytest.approx(1 / 9, rel=0.2)  # one of nine cells a pixel


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (3, 1)])
def test_images_of_hardly_any_pixels(size):
    heat = explanation(size=size).heatmap()
    assert heat.shape == size
    assert np.isfinite(heat).all()


def test_a_crop_of_one_pixel_is_seen():
    heat = explanation(size=(1, 2000), box=(0.0, 999.5, 1.0, 1000.5)).heatmap()
    assert np.isfinite(heat).sum() == 1


@pytest.mark.parametrize("level", [0.0, 3.0, -2.0])
def test_a_constant_map_is_zeros(level):
    np.testing.assert_array_equal(explanation(np.full((3, 5), level)).heatmap(), np.zeros((60, 90)))


def test_scaled_from_the_smallest_to_the_largest():
    np.testing.assert_allclose(unit_range(np.array([[2.0, 4.0, 6.0]])), [[0, 0.5, 1]])


@pytest.mark.parametrize("highest", [0.0, -2.0])
def test_the_place_that_speaks_least_against_does_not_come_out_hot(highest):
    values = np.full((3, 5), highest)
    values[1, 2] = -9.0
    made = explanation(values)
    np.testing.assert_array_equal(made.heatmap(), np.zeros((60, 90)))
    assert detail(made).startswith("no value is above 0")
    assert not detail(explanation(hot(1, 2))).startswith("no value")


def test_with_both_signs_the_evidence_for_shows():
    np.testing.assert_allclose(unit_range(np.array([[-8.0, 0.0, 1.0, 2.0]])), [[0, 0, 0.5, 1]])


def test_a_gap_stays_a_gap_and_does_not_spread():
    values = np.ones((3, 5))
    values[0, 0], values[2, 4] = np.nan, 2.0
    heat = explanation(values, size=(60, 90)).heatmap()  # cells of 20 x 18 pixels
    assert np.isnan(heat[:10, :9]).all()
    assert np.isfinite(heat[20:, :]).all()
    assert heat[-1, -1] == 1


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        ("row column", lambda v: v),
        ("layer row column", lambda v: v[-1]),
        ("head row column", lambda v: v.mean(0)),
        ("layer head row column", lambda v: v[-1].mean(0)),
        ("row column row2 column2", lambda v: v[1, 2]),
    ],
)
def test_one_map_from_values_of_any_axes(axes, expected):
    made = explanation(axes=axes)
    np.testing.assert_allclose(patch_map(made.values, made.axes, made.method), expected(made.values), rtol=1e-6)


def test_other_axes_are_averaged():
    values = np.random.default_rng(1).normal(size=(7, 3, 5))
    np.testing.assert_allclose(patch_map(values, "step row column", "rollout"), values.mean(0), rtol=1e-5, atol=1e-6)


def test_numbers_of_heads_are_no_map():
    with pytest.raises(UsageError, match=r"grad-cam gives one value for each of layer x head.*\.plot\(\)"):
        explanation(axes="layer head").heatmap()


def test_values_stay_as_they_were():
    made = explanation()
    before = made.values.copy()
    made.heatmap()
    made.plot()
    np.testing.assert_array_equal(made.values, before)
