"""What is written as a PNG file is read again by Pillow, value by value."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from vitxplain.render.png_file import png_file


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 1), (40, 33)])
def test_pillow_reads_what_was_written(size: tuple[int, int]):
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    pixels[size[0] // 2 :] = 255
    content = png_file(pixels)
    with Image.open(BytesIO(content)) as opened:
        opened.verify()  # checksums and the order of chunks
    with Image.open(BytesIO(content)) as opened:
        assert (opened.format, opened.mode) == ("PNG", "RGB")
        np.testing.assert_array_equal(np.asarray(opened), pixels)


def test_rows_that_are_a_view_of_wider_ones():
    pixels = np.arange(5 * 6 * 4, dtype=np.uint8).reshape(5, 6, 4)[..., :3]
    with Image.open(BytesIO(png_file(pixels))) as opened:
        np.testing.assert_array_equal(np.asarray(opened), pixels)
