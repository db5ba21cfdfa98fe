"""Photograph and heat map together, pixel by pixel."""

import numpy as np
import pytest

from tests.explanations import explanation, photograph
from vitxplain.geometry import Geometry
from vitxplain.render.colours import HEAT, colours
from vitxplain.render.compose import add, blend, darken, greyed, mark_unseen, photo
from vitxplain.render.styles.overlay import overlay

HEAT_MAP = np.array([[0.0, 0.5, 1.0, np.nan]], np.float32)
PHOTO = np.full((1, 4, 3), [0.2, 0.4, 0.8], np.float32)


def test_blend_is_a_weighted_mean_and_leaves_the_unseen_alone():
    blended = blend(PHOTO, HEAT_MAP, 0.25)
    np.testing.assert_allclose(
        blended[0, :3], (0.75 * greyed(PHOTO) + 0.25 * colours(HEAT_MAP, HEAT))[0, :3], atol=1e-6
    )
    np.testing.assert_allclose(blended[0, 3], greyed(PHOTO)[0, 3])


def test_additive_blend_adds_light_and_nothing_at_zero():
    lit = add(PHOTO, HEAT_MAP, 1.0)
    np.testing.assert_allclose(lit[0, 0], PHOTO[0, 0], atol=0.02)  # the colour of 0 is black
    assert (lit >= PHOTO).all()
    assert lit.max() <= 1
    np.testing.assert_array_equal(lit[0, 3], PHOTO[0, 3])


def test_brightness_follows_the_map_from_the_floor_up():
    np.testing.assert_allclose(
        darken(PHOTO, HEAT_MAP, 0.1) / PHOTO, np.array([0.1, 0.55, 1, 1])[None, :, None] + PHOTO * 0
    )


def test_grey_has_no_colour_left():
    grey = greyed(PHOTO, 1.0)
    assert np.ptp(grey[0, 0]) < 1e-6


def test_only_the_unseen_is_marked_and_outlined():
    rgb = photo(photograph(100, 200))
    marked = mark_unseen(rgb, Geometry((100, 200), (8, 8), (20.0, 50.0, 80.0, 150.0)))
    np.testing.assert_array_equal(marked[20:80, 50:150], rgb[20:80, 50:150])
    np.testing.assert_array_equal(marked[19, 49:151], 1.0)
    assert np.ptp(marked[:18], axis=-1).max() < 1e-6  # grey
    assert marked[:18].min() >= 0.3  # pale
    assert marked[5].std() > 0.02  # hatched


def test_nothing_is_marked_where_all_was_seen():
    rgb = photo(photograph(10, 20))
    assert mark_unseen(rgb, Geometry.identity((10, 20))) is rgb


@pytest.mark.parametrize("box", [None, (5.0, 10.0, 55.0, 70.0), (-20.0, 0.0, 80.0, 90.0)])
def test_overlay_has_the_original_size_and_the_map_at_full_alpha(box):
    made = explanation(np.arange(15.0).reshape(3, 5), box=box)
    picture = overlay(made, alpha=1.0)
    assert (picture.mode, picture.size) == ("RGB", (90, 60))
    heat = made.heatmap()
    seen = np.isfinite(heat)
    expected = colours(heat, HEAT)[seen]
    np.testing.assert_allclose(np.asarray(picture)[seen] / 255, expected, atol=1 / 255)


def test_overlay_without_alpha_is_the_greyed_photograph():
    made = explanation()
    np.testing.assert_allclose(np.asarray(made.overlay(alpha=0.0)) / 255, greyed(photo(made.image)), atol=1 / 255)
