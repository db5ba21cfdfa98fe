"""Files that are no image: each named with the way out, and no good image beside them is lost."""

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from tests.bad_input.conftest import Vitx, noise, refused


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 100,000 x 100,000 pixels."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")


def _saved(path: Path, ending: str, keep: int) -> bytes:
    image = path.with_name(f"whole.{ending}")
    Image.fromarray(noise(64, 64)).save(image)
    content = image.read_bytes()[:keep]
    image.unlink()
    return content


@pytest.fixture
def bad(place: Path) -> dict[str, str]:
    """Bad inputs with what is said of each; those that are files lie in the working folder."""
    contents = {
        "empty.png": b"",
        "words.png": b"a cat, as text",
        "page.jpg": b"<!DOCTYPE html><html><body>404</body></html>",
        "cut.jpg": _saved(place / "x", "jpg", 900),
        "cut.png": _saved(place / "x", "png", 2000),
        "cut.gif": _saved(place / "x", "gif", 1500),
        "cut.tif": _saved(place / "x", "tif", 60),
        "cut.webp": _saved(place / "x", "webp", 900),
        "bomb.png": bomb(),
    }
    for name, content in contents.items():
        (place / name).write_bytes(content)
    (place / "folder").mkdir()
    (place / "deep" / "er").mkdir(parents=True)
    (place / "loop.png").symlink_to("loop.png")
    (place / "dangling.png").symlink_to("nowhere.png")
    return {
        "empty.png": "empty.png is empty (0 bytes); save or download it again.",
        "words.png": "words.png is not an image in a format that can be read; convert it to PNG or JPEG.",
        "page.jpg": "page.jpg is not an image in a format that can be read; convert it to PNG or JPEG.",
        "cut.jpg": "cut.jpg is damaged or incomplete (",
        "cut.png": "cut.png is damaged or incomplete (",
        "cut.gif": "cut.gif is damaged or incomplete (",
        "cut.tif": "cut.tif is not an image in a format that can be read",
        "cut.webp": "cut.webp is damaged or incomplete (",
        "bomb.png": "bomb.png is too large to decode safely (more than 178,956,970 pixels); shrink it first",
        "missing.png": f"missing.png does not exist; check the path (it was looked up in {place}).",
        "loop.png": "loop.png does not exist",
        "dangling.png": "dangling.png does not exist; check the path",
        "~nobody-of-this-name/cat.png": "~nobody-of-this-name/cat.png does not exist; check the path",
        "": "'' names no image; give a path, or leave it out.",
        "x" * 300: "x does not exist (File name too long); check the path",
        "folder": "folder holds no images.",
        "deep": "deep holds no images; for those in its folders write 'deep/**/*'.",
        "*.tiff": "*.tiff matches no image.",
        "cat[12.png": "cat[12.png matches no image.",
        "https://[::1/cat.png": "https://[::1/cat.png could not be fetched",
        "http://127.0.0.1/cat.png": "http://127.0.0.1/cat.png was not fetched: HF_HUB_OFFLINE is set; give a file",
    }


def test_the_good_one_is_done_and_each_failure_named(vitx: Vitx, place: Path, bad: dict[str, str], vit_folder: Path):
    inputs = [*list(bad)[:10], "good.png", *list(bad)[10:]]
    said = vitx("explain", *inputs, "--model", vit_folder, "--method", "rollout", "--format", "npz", "--batch-size", 3)
    assert said.code == 1
    assert [path.name for path in (place / "vitx-out").iterdir()] == ["good.attention-rollout.npz"]
    errors = said.err.splitlines()
    assert len(errors) == len(bad)
    for error, words in zip(errors, bad.values(), strict=True):
        assert error.startswith("error: ")
        assert words in error
        assert error.endswith(".")
    assert said.out.splitlines()[-1] == f"{len(inputs)} images, 1 map in vitx-out, {len(bad)} failed"


def test_json_says_the_same_and_nothing_else(vitx: Vitx, place: Path, bad: dict[str, str], vit_folder: Path):
    methods = ["attention-rollout", "grad-cam"]
    command = ("explain", "good.png", *bad, "--model", vit_folder, "--method", "rollout,grad-cam", "--format", "npz")
    said = vitx(*command, "--json")
    assert said.code == 1
    failures = [line for line in said.json if "error" in line]
    assert len(said.json) == len(failures) + 2
    assert [(line["input"], line["method"]) for line in failures] == [(name, one) for name in bad for one in methods]
    for line in failures:
        assert line.keys() == {"input", "method", "error"}
        assert bad[line["input"]] in line["error"]


@pytest.mark.parametrize("name", ["empty.png", "missing.png", "bomb.png", "cut.jpg", "folder"])
def test_alone_it_is_a_failure_that_leaves_nothing(
    vitx: Vitx, place: Path, bad: dict[str, str], vit_folder: Path, name: str
):
    before = sorted(place.rglob("*"))
    refused(vitx("explain", name, "--model", vit_folder), bad[name], code=1)
    assert sorted(place.rglob("*")) == before


@pytest.mark.parametrize("name", ["empty.png", "missing.png", "bomb.png", "cut.png", "words.png", "folder", ""])
def test_patches_says_so_too(vitx: Vitx, place: Path, bad: dict[str, str], vit_folder: Path, name: str):
    said = vitx("patches", name, "--model", vit_folder)
    refused(said, "is a folder, not an image" if name == "folder" else bad[name], code=1)
    assert not (place / "vitx-out").exists()


def test_a_folder_with_good_and_bad_ones(vitx: Vitx, place: Path, bad: dict[str, str], vit_folder: Path):
    said = vitx("explain", ".", "--model", vit_folder, "--format", "json")
    assert said.code == 1
    assert said.out.splitlines()[-1].startswith("10 images, 1 map in vitx-out, 9 failed")


@pytest.mark.parametrize("command", ["explain", "patches"])
def test_only_debug_shows_a_traceback(vitx: Vitx, place: Path, bad: dict[str, str], vit_folder: Path, command: str):
    assert "Traceback" not in vitx(command, "cut.png", "--model", vit_folder).err
    said = vitx(command, "cut.png", "--model", vit_folder, "--debug")
    assert said.code == 1
    assert "error: cut.png is damaged or incomplete" in said.err
    assert "Traceback (most recent call last)" in said.err
    assert "ImageError" in said.err
    assert said.out == ""
