"""Every way an image can be odd: the right result, or one sentence that names it."""

from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vitxplain.data.read_bands import read_original
from vitxplain.data.read_image import as_pixel_values, content_of, read_image, stem_of
from vitxplain.errors import ImageError
from vitxplain.models.processors.batches import image_list, source_of

RED = (255, 0, 0)


def _pixel(source: object, at: tuple[int, int] = (0, 0)) -> tuple[int, int, int]:
    image = read_image(source)
    assert image.mode == "RGB"
    return image.getpixel(at)


def _saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


# --- what is there, but unusual


def test_a_path_a_string_an_image_and_an_array_are_one(tmp_path: Path) -> None:
    path = _saved(tmp_path / "red.png", Image.new("RGB", (4, 3), RED))
    with Image.open(path) as opened:
        array = np.asarray(opened)
        for source in (path, str(path), opened, array):
            assert np.array_equal(np.asarray(read_image(source)), array)


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    path = _saved(tmp_path / "clear.png", Image.new("RGBA", (2, 2), (255, 0, 0, 0)))
    assert _pixel(path) == (255, 255, 255)
    half = _saved(tmp_path / "half.png", Image.new("RGBA", (2, 2), (255, 0, 0, 128)))
    assert _pixel(half) == (255, 127, 127)


def test_grey_with_alpha(tmp_path: Path) -> None:
    assert _pixel(_saved(tmp_path / "la.png", Image.new("LA", (2, 2), (10, 255)))) == (10, 10, 10)
    assert _pixel(_saved(tmp_path / "clear.png", Image.new("LA", (2, 2), (10, 0)))) == (255, 255, 255)


def test_palette(tmp_path: Path) -> None:
    assert _pixel(_saved(tmp_path / "p.png", Image.new("RGB", (2, 2), RED).convert("P"))) == RED


def test_palette_with_a_transparent_entry(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    path = _saved(tmp_path / "p.png", image, transparency=0)
    assert [_pixel(path, at) for at in ((0, 0), (1, 0))] == [(255, 255, 255), (0, 0, 255)]


def test_greyscale_and_black_and_white(tmp_path: Path) -> None:
    assert _pixel(_saved(tmp_path / "l.png", Image.new("L", (2, 2), 77))) == (77, 77, 77)
    assert _pixel(_saved(tmp_path / "1.png", Image.new("1", (2, 2), 1))) == (255, 255, 255)


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bits_are_scaled_not_clipped(tmp_path: Path, ending: str) -> None:
    values = np.array([[0, 257, 32896, 65535]], np.uint16)
    path = _saved(tmp_path / f"deep.{ending}", Image.fromarray(values))
    assert [_pixel(path, (x, 0))[0] for x in range(4)] == [0, 1, 128, 255]


def test_dark_sixteen_bits_stay_dark(tmp_path: Path) -> None:
    path = _saved(tmp_path / "dark.png", Image.fromarray(np.full((2, 2), 200, np.uint16)))
    assert _pixel(path) == (1, 1, 1)


@pytest.mark.parametrize(("bits", "highest"), [(8, 201), (10, 1000), (12, 4000), (14, 9000)])
def test_sixteen_bits_of_which_some_are_used_are_said_and_scaled_by_those(
    tmp_path: Path, bits: int, highest: int
) -> None:
    values = np.array([[0, highest]], np.uint16)
    path = _saved(tmp_path / "deep.png", Image.fromarray(values))
    expected = round(255 * highest / (2**bits - 1))
    for source in (path, values, values.astype(np.int16)):
        with pytest.warns(UserWarning, match=f"use {bits} bits"):
            assert _pixel(source, (1, 0)) == (expected,) * 3


def test_floating_point_of_a_range_that_could_mean_anything_is_refused(tmp_path: Path) -> None:
    for values, words in (
        ([[0.0, 812.5]], "up to 812.5, neither"),
        ([[np.nan, 1.0]], "NaN"),
        ([[-0.5, 1.0]], "from -0.5"),
    ):
        path = _saved(tmp_path / "f.tif", Image.fromarray(np.array(values, np.float32)))
        with pytest.raises(ImageError, match=rf"f\.tif holds values.*{words}|f\.tif holds values that are {words}"):
            read_image(path)
    assert _pixel(_saved(tmp_path / "f.tif", Image.fromarray(np.array([[7.0, 255.0]], np.float32)))) == (7, 7, 7)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float64])
def test_an_array_is_read_as_a_file_of_its_values_whatever_its_type(dtype: type) -> None:
    values = np.array([[[0, 10, 20], [0, 0, 255]]])
    assert _pixel(values.astype(dtype)) == (0, 10, 20)
    if np.dtype(dtype).kind == "f":
        assert _pixel((values / 255).astype(dtype)) == (0, 10, 20)
        assert _pixel((values[..., :1] / 255).astype(dtype)) == (0, 0, 0)
        assert _pixel(np.full((2, 2), 0.5, dtype)) == (128, 128, 128)
    assert _pixel(np.ones((2, 2), bool)) == (255, 255, 255)


def test_the_fourth_channel_of_an_array_is_not_taken_for_transparency() -> None:
    array = np.full((2, 2, 4), 9, np.uint8)
    array[0, 0, 3] = 0
    with pytest.warns(UserWarning, match="fourth channel of an array is left out"):
        assert _pixel(array) == (9, 9, 9)
    assert _pixel(Image.fromarray(array)) == (255, 255, 255)


def test_floating_point_tiff(tmp_path: Path) -> None:
    path = _saved(tmp_path / "f.tif", Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32)))
    assert [_pixel(path, (x, 0))[0] for x in range(3)] == [0, 128, 255]


def test_cmyk(tmp_path: Path) -> None:
    path = _saved(tmp_path / "print.jpg", Image.new("CMYK", (8, 8), (0, 255, 255, 0)))
    red, green, blue = _pixel(path)
    assert red > 200
    assert max(green, blue) < 60


def test_the_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, (0, 0, 255))]
    path = _saved(tmp_path / "moving.gif", frames[0], save_all=True, append_images=frames[1:])
    assert _pixel(path) == RED


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 4), RED)
    exif = image.getexif()
    exif[0x0112] = 6  # the camera was held upright
    path = _saved(tmp_path / "phone.jpg", image, exif=exif)
    assert read_image(path).size == (4, 8)
    with Image.open(path) as opened:
        assert read_image(opened).size == (4, 8)


def test_one_pixel(tmp_path: Path) -> None:
    assert _pixel(_saved(tmp_path / "dot.png", Image.new("RGB", (1, 1), RED))) == RED


def test_twenty_thousand_pixels_wide(tmp_path: Path) -> None:
    path = _saved(tmp_path / "wide.png", Image.new("RGB", (20_000, 10), RED))
    assert read_image(path).size == (20_000, 10)


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 1), (3, 4, 3), (3, 4, 4)])
def test_arrays(shape: tuple[int, ...]) -> None:
    array = np.full(shape, 9, np.uint8)
    if shape[-1] == 4 and len(shape) == 3:
        array[..., 3] = 255
    assert read_image(array).size == (4, 3)
    assert _pixel(array) == (9, 9, 9)


def test_the_callers_image_is_not_touched() -> None:
    image = Image.new("RGB", (2, 2), RED)
    read_image(image).putpixel((0, 0), (0, 0, 0))
    assert image.getpixel((0, 0)) == RED


# --- what cannot be read


def _truncated(path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(path, format="PNG")
    path.write_bytes(path.read_bytes()[:4000])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "does not exist"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.touch(), "is empty"),
        (lambda path: path.write_text("a cat"), "not an image"),
        (_truncated, "damaged or incomplete"),
    ],
    ids=["missing", "folder", "empty", "text", "truncated"],
)
def test_unreadable_files_are_named(tmp_path: Path, make: Callable[[Path], None], words: str) -> None:
    path = tmp_path / "cat.png"
    make(path)
    with pytest.raises(ImageError, match=words) as caught:
        read_image(path)
    assert "cat.png" in str(caught.value)


def test_a_decompression_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _saved(tmp_path / "bomb.png", Image.new("1", (1000, 1000)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ImageError, match=r"bomb\.png is too large to decode safely.*shrink it first"):
        read_image(path)


def test_a_file_nobody_may_read(tmp_path: Path) -> None:
    path = _saved(tmp_path / "secret.png", Image.new("RGB", (2, 2)))
    path.chmod(0)
    try:
        path.read_bytes()
    except PermissionError:
        with pytest.raises(ImageError, match=r"secret\.png cannot be read: permission denied"):
            read_image(path)
    else:
        pytest.skip("this user may read everything")


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.full((4, 4, 3), 1.5, np.float32), "the array of float32 holds values up to 1.5, neither within"),
        (np.full((4, 4, 3), np.nan), "NaN"),
        (np.full((4, 4, 3), 1j), "the array of complex128 holds complex128 values"),
        (np.full((4, 4), -1000, np.int16), "none below 0"),
        (np.zeros((4, 4, 2), np.uint8), r"\(4, 4, 2\)"),
        (np.zeros((3, 0, 3), np.uint8), r"\(3, 0, 3\)"),
        (np.zeros((1, 4, 4, 3), np.uint8), r"\(1, 4, 4, 3\)"),
    ],
)
def test_arrays_that_are_no_images(array: np.ndarray, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        read_image(array)


def test_tensors_are_pixel_values_not_images() -> None:
    with pytest.raises(ImageError, match="ready pixel_values"):
        read_image(torch.zeros(3, 4, 4))
    assert as_pixel_values(torch.zeros(3, 4, 5)).shape == (1, 3, 4, 5)
    assert as_pixel_values(torch.zeros(2, 3, 4, 5)).shape == (2, 3, 4, 5)
    with pytest.raises(ImageError, match="uint8 tensor cannot be pixel_values"):
        as_pixel_values(torch.zeros(3, 4, 4, dtype=torch.uint8))
    with pytest.raises(ImageError, match=r"not the shape \(4, 4\)"):
        as_pixel_values(torch.zeros(4, 4))


def test_stems(tmp_path: Path) -> None:
    path = _saved(tmp_path / "my.cat.png", Image.new("RGB", (1, 1)))
    assert stem_of(path) == "my.cat"
    assert stem_of("https://example.org/a/b%20c.jpg?size=3#x") == "b c"
    assert stem_of("https://example.org/") == "image"
    with Image.open(path) as image:
        assert stem_of(image) == "my.cat"
    assert stem_of(Image.new("RGB", (1, 1))) == "image"
    assert stem_of(np.zeros((1, 1), np.uint8)) == "image"


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview, BytesIO])
def test_bytes_and_open_files(tmp_path: Path, form: Callable) -> None:
    Image.new("RGB", (5, 4), (200, 100, 0)).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()
    assert read_image(form(content)).getpixel((0, 0)) == (200, 100, 0)
    with (tmp_path / "a.png").open("rb") as file:
        assert image_list(file) == ([file], True)
        assert source_of(file) == str(tmp_path / "a.png")
        assert read_image(file).size == (5, 4)
        with pytest.raises(ImageError, match=r"a.png is empty \(0 bytes\), or was read to its end"):
            read_image(file)
    assert image_list([content, content])[1] is False
    with pytest.raises(ImageError, match=r'gives text, not bytes; open it with open\(path, "rb"\)'):
        content_of(StringIO("a"))
    assert read_original(content, 3).size == (5, 4)
