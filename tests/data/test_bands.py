"""Images of bands: values as shares of white, and the bands a picture shows."""

import numpy as np
import pytest

from vitxplain.data.bands import BandImage, shown_bands
from vitxplain.errors import OptionError


def test_a_band_is_its_share_of_white():
    image = BandImage(np.array([[[0, 4095], [2048, 0]]], np.uint16), white=4095.0)
    assert (image.height, image.width, image.count) == (1, 2, 2)
    np.testing.assert_allclose(image.band(1), [[1, 0]])


@pytest.mark.parametrize(("count", "shown"), [(1, (1,)), (2, (1,)), (3, (1, 2, 3)), (13, (1, 2, 3))])
def test_without_a_word_the_first_three_are_shown(count, shown):
    assert shown_bands(count) == shown


def test_bands_as_typed():
    assert shown_bands(6, "4, 3,2") == shown_bands(6, (4, 3, 2)) == (4, 3, 2)
    assert shown_bands(6, 5) == shown_bands(6, "5") == (5,)


@pytest.mark.usefixtures("unchecked")
@pytest.mark.parametrize("bands", ["7,1,2", "0", "1,2", "red", (1.5, "x", 2), ""])
def test_bands_that_are_not_there(bands):
    with pytest.raises(OptionError, match=r"it has 6, counted from 1"):
        shown_bands(6, bands)


def test_a_picture_shows_each_band_in_its_own_range():
    values = np.zeros((10, 10, 4), np.float32)
    values[..., 3] = np.linspace(-5, 5, 100).reshape(10, 10)
    values[..., 0] = 7.0
    shown = np.asarray(BandImage(values).picture("4,1,2"))
    assert shown[0, 0].tolist() == [0, 0, 0]
    assert shown[-1, -1].tolist() == [255, 0, 0]


def test_eight_bits_are_shown_as_they_are():
    values = np.arange(5, dtype=np.uint8).reshape(1, 1, 5)
    assert np.asarray(BandImage(values, 255.0, stretched=False).picture("5,4,3")).tolist() == [[[4, 3, 2]]]
