"""Images of bands from whatever they come in: as the model takes them, or refused in words."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from vitxplain.data.bands import BandImage
from vitxplain.data.multiband_tiff import read_tiff
from vitxplain.data.read_bands import read_original
from vitxplain.errors import ImageError

FIELD = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)


def _read(source: Any, channels: int = 6) -> BandImage:
    image = read_original(source, channels)
    assert isinstance(image, BandImage)
    return image


@pytest.mark.parametrize("ending", ["npy", "npz", "contig.tif", "planar.tif", "first", "last"])
def test_bands_are_those_of_the_file_whatever_their_order_in_it(tmp_path: Path, ending: str) -> None:
    path, first = tmp_path / f"field.{ending}", np.ascontiguousarray(np.moveaxis(FIELD, 2, 0))
    if ending == "npy":
        np.save(path, first)
    elif ending == "npz":
        np.savez(path, field=FIELD)
    elif ending == "contig.tif":
        tifffile.imwrite(path, FIELD, photometric="minisblack", planarconfig="contig")
    elif ending == "planar.tif":
        tifffile.imwrite(path, first)
    image = _read({"first": first, "last": FIELD}.get(ending, path))
    assert (image.height, image.width, image.count, image.white) == (4, 5, 6, 255.0)
    np.testing.assert_array_equal(image.values, FIELD)
    assert image.filename == ("" if ending in ("first", "last") else str(path))


def test_transparency_is_a_band_where_the_model_takes_four() -> None:
    image = Image.new("RGBA", (3, 2), (1, 2, 3, 0))
    assert _read(image, 4).values[0, 0].tolist() == [1, 2, 3, 0]


@pytest.mark.parametrize(
    ("source", "channels", "words"),
    [
        (FIELD, 13, "neither its first nor its last axis has 13"),
        (np.zeros((6, 5, 6), np.uint8), 6, "both its first and its last axis have 6"),
        (FIELD[..., 0], 6, "neither"),
        (FIELD * 300.0, 6, "neither within"),
        (FIELD - 300.0, 6, "none below 0"),
        (FIELD * np.nan, 6, "NaN"),
        (Image.new("RGB", (2, 2)), 6, "has 3 channels, and the model takes 6"),
        (BandImage(FIELD), 4, "has 6 bands, and the model takes 4"),
    ],
)
def test_what_has_other_bands_than_the_model_is_refused(source: Any, channels: int, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        read_original(source, channels)


def test_files_of_other_bands_are_named(tmp_path: Path) -> None:
    path = tmp_path / "field.tif"
    tifffile.imwrite(path, FIELD, photometric="minisblack", planarconfig="contig")
    with pytest.raises(ImageError, match=r"field\.tif has 6 bands, and the model takes 3 channels; choose"):
        read_original(path, 3)
    with pytest.raises(ImageError, match=r"field\.tif has 6 bands, and the model takes 4 channels"):
        read_original(path, 4)
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(ImageError, match=r"field\.tif is not a TIFF file that can be read"):
        read_original(path, 6)
    np.savez(tmp_path / "two.npz", a=FIELD, b=FIELD)
    with pytest.raises(ImageError, match=r"two\.npz holds several arrays"):
        read_original(tmp_path / "two.npz", 6)


def test_no_room_is_made_for_what_a_small_file_promises(tmp_path: Path) -> None:
    path = tmp_path / "field.tif"
    tifffile.imwrite(path, np.zeros((8, 8, 6), np.uint8), photometric="minisblack", planarconfig="contig")
    with tifffile.TiffFile(path, mode="r+") as tiff:
        for tag in ("ImageWidth", "ImageLength"):
            tiff.pages[0].tags[tag].overwrite(8_000)
    with pytest.raises(ImageError, match=r"takes 384,000,000 bytes, more than its \S+ bytes can hold; if it is whole"):
        read_original(path, 6)


def test_a_flat_image_may_be_packed_into_few_bytes(tmp_path: Path) -> None:
    path = tmp_path / "flat.tif"
    flat = np.full((3_500, 3_500, 6), 7, np.uint8)
    tifffile.imwrite(path, flat, photometric="minisblack", planarconfig="contig", compression="zlib")
    assert path.stat().st_size * 500 < flat.nbytes
    assert read_tiff(path, "flat.tif").shape == flat.shape


def test_real_numbers_in_a_tiff_are_read_for_a_model_of_three(tmp_path: Path) -> None:
    values = np.zeros((2, 2, 3), np.float32)
    values[0, 0] = (1.0, 0.5, 0.25)
    tifffile.imwrite(tmp_path / "f.tif", values, photometric="rgb")
    assert read_original(tmp_path / "f.tif", 3).getpixel((0, 0)) == (255, 128, 64)


@pytest.mark.parametrize("big", [False, True])
def test_pages_in_a_circle_end(tmp_path: Path, big: bool):
    """Of two pages the second says that the first comes next; read as they stand, they would never end."""
    file = tmp_path / "circle.tif"
    tifffile.imwrite(file, np.zeros((2, 8, 8, 5), np.uint16), photometric="minisblack", bigtiff=big)
    with tifffile.TiffFile(file) as tiff:
        form, first, last = tiff.tiff, tiff.pages[0].offset, tiff.pages[1].offset
        tags = len(tiff.pages[1].tags)
    content = bytearray(file.read_bytes())
    place = last + form.tagnosize + tags * form.tagsize
    content[place : place + form.offsetsize] = struct.pack(form.offsetformat, first)
    file.write_bytes(content)
    with pytest.raises(ImageError, match="follow one another in a circle"):
        read_original(str(file), 5)
