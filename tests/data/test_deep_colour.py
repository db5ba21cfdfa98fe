"""Colour of 16 bits keeps what Pillow would leave out."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from vitxplain.data.bands import BandImage
from vitxplain.data.read_bands import read_original
from vitxplain.data.read_image import read_image
from vitxplain.errors import ImageError


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


def png(values: np.ndarray) -> bytes:
    """A PNG of 16 bits a channel, (height, width, channel): grey and another, RGB, or RGB and another."""
    height, width, channels = values.shape
    header = struct.pack(">IIBBBBB", width, height, 16, {2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    chunks = [struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_every_channel_of_a_picture_keeps_its_bits_where_the_model_takes_all(tmp_path: Path) -> None:
    values = np.arange(24, dtype=np.uint16).reshape(2, 3, 4) * 150 + 3
    path = tmp_path / "infrared.png"
    path.write_bytes(png(values))
    with Image.open(path) as opened:
        for source in (path, opened, Image.open(io.BytesIO(png(values)))):
            with pytest.warns(UserWarning, match="use 12 bits"):
                image = read_original(source, 4)
            assert isinstance(image, BandImage)
            np.testing.assert_array_equal(image.values, values)
            assert image.white == 4095


def test_a_picture_that_was_opened_and_not_read_keeps_its_bits() -> None:
    values = np.full((2, 3, 3), 2000, np.uint16)
    opened = Image.open(io.BytesIO(png(values)))
    for _ in range(2):
        with pytest.warns(UserWarning, match="use 12 bits"):
            assert read_image(opened).getpixel((0, 0)) == (125, 125, 125)
    np.testing.assert_array_equal(np.asarray(opened)[..., 0], 2000 // 256)


def test_grey_and_another_channel_of_few_bits_are_not_taken_for_black(tmp_path: Path) -> None:
    (tmp_path / "scan.png").write_bytes(png(np.full((2, 3, 2), 2000, np.uint16)))
    for read in (read_image, lambda path: read_original(path, 2)):
        with pytest.raises(ImageError, match="only the upper 8 can be read"):
            read(tmp_path / "scan.png")
    (tmp_path / "bright.png").write_bytes(png(np.full((2, 3, 2), 65535, np.uint16)))
    assert read_image(tmp_path / "bright.png").getpixel((0, 0)) == (255, 255, 255)
