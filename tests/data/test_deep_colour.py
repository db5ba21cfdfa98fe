"""Colour of 16 bits keeps what Pillow would leave out."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from vitxplain.data.read_image import read_image


@pytest.mark.parametrize(("highest", "bits"), [(4000, 12), (60000, 16)])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_colour_that_uses_few_of_sixteen_bits(tmp_path: Path, highest: int, bits: int, byteorder: str) -> None:
    values = np.zeros((2, 3, 3), np.uint16)
    values[0, 1] = (highest, highest // 2, 0)
    tifffile.imwrite(tmp_path / "deep.tif", values, photometric="rgb", byteorder=byteorder)
    expected = [255 * highest / (2**bits - 1), 255 * (highest // 2) / (2**bits - 1), 0]
    if bits < 16:
        with pytest.warns(UserWarning, match=f"use {bits} bits"):
            image = read_image(tmp_path / "deep.tif")
    else:
        image = read_image(tmp_path / "deep.tif")
    np.testing.assert_allclose(image.getpixel((1, 0)), expected, atol=1)
    assert image.getpixel((0, 0)) == (0, 0, 0)
