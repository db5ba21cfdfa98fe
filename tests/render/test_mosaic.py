"""Tiles land where the mosaic says they are."""

import numpy as np

from vitxplain.render.mosaic import mosaic


def test_tiles_and_gaps_lie_where_the_corners_say():
    tiles = np.zeros((2, 3, 2, 2, 3), np.float32)
    tiles[1, 2, 0, 1] = 0.5
    laid = mosaic(tiles, (4, 6), gap=2)
    assert laid.rgb.shape == (2 * 4 + 2, 3 * 6 + 2 * 2, 3)
    y, x = laid.corner(1, 2)
    np.testing.assert_array_equal(laid.rgb[y : y + 2, x + 3 : x + 6], 0.5)
    np.testing.assert_array_equal(laid.rgb[4:6], 1.0)
    assert laid.rgb.sum() == 0.5 * 3 * 6 + 3 * (laid.rgb[..., 0] == 1).sum()
    assert laid.centre(0, 0) == (1.5, 2.5)


def test_tiles_that_do_not_divide_evenly_use_every_cell():
    tiles = np.arange(3, dtype=np.float32)[None, None, :, None, None].repeat(3, -1) / 4
    laid = mosaic(tiles, (7, 1), gap=1)
    assert set(np.unique(laid.rgb)) == {0.0, 0.25, 0.5}
