"""The maps every explanation must beat."""

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from vitxplain.metrics.controls import CONTROLS, centre, edges, noise, smoothed_edges


@pytest.fixture
def square() -> Image.Image:
    """A white square on black, 20 x 12 pixels, not in the middle."""
    pixels = np.zeros((60, 80, 3), np.uint8)
    pixels[10:30, 50:62] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize("name", CONTROLS)
def test_each_is_a_finite_map_of_the_images_size_and_the_same_twice(name, square):
    first, again = (CONTROLS[name](square) for _ in range(2))
    assert first.shape == (60, 80)
    assert np.isfinite(first).all()
    assert np.ptp(first) > 0
    assert np.array_equal(first, again)


def test_noise_knows_nothing(square):
    assert abs(np.corrcoef(noise(square).ravel(), np.asarray(square.convert("L")).ravel())[0, 1]) < 0.05


def test_the_centre_is_a_gaussian_a_quarter_wide(square):
    heat = centre(square)
    assert heat == pytest.approx(heat[::-1, ::-1])
    rows = heat[:, 40] / heat[:, 40].sum()
    where = (np.arange(60) + 0.5) / 60 - 0.5
    inside = np.exp(-0.5 * (where / 0.25) ** 2)
    assert rows == pytest.approx(inside / inside.sum())


def test_edges_are_at_the_border_of_the_square_only(square):
    steep = edges(square)
    assert steep[15:25, 54:58].max() == 0
    assert steep[:5].max() == 0
    assert steep[20, 49:51].min() > 100


def test_smoothing_is_near_a_gaussian_of_a_fourteenth(square):
    blurred = gaussian_filter(edges(square), 60 / 14 + 0.5, mode="nearest")
    assert np.corrcoef(blurred.ravel(), smoothed_edges(square).ravel())[0, 1] > 0.995
    assert smoothed_edges(square).sum() == pytest.approx(edges(square).sum(), rel=0.01)
