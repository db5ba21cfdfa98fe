"""Images that are unusual but good: the map is that of the same picture as plain, upright RGB."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vitxplain
from tests.bad_input.conftest import Vitx, noise

ScoredMap = np.ndarray  # what a viewer shows, (height, width, 3)
STORED = noise(24, 36)

# From what is stored to what is shown, by the EXIF orientation (EXIF 2.32, tag 0x0112).
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda stored: stored,
    2: lambda stored: stored[:, ::-1],
    3: lambda stored: stored[::-1, ::-1],
    4: lambda stored: stored[::-1],
    5: lambda stored: stored.transpose(1, 0, 2),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: stored[::-1, ::-1].transpose(1, 0, 2),
    8: lambda stored: np.rot90(stored),
}


def _turned(orientation: int, ending: str) -> Callable[[Path], ScoredMap]:
    def make(path: Path) -> ScoredMap:
        image = Image.fromarray(STORED)
        exif = image.getexif()
        exif[0x0112] = orientation
        image.save(path.with_suffix(ending), exif=exif)
        with Image.open(path.with_suffix(ending)) as saved:
            return TURNS[orientation](np.asarray(saved))

    return make


def _transparent(path: Path) -> ScoredMap:
    """Half transparent at the left; behind it is white."""
    pixels, half = noise(), np.full((40, 15, 1), 0.5)
    alpha = np.concatenate([np.full((40, 15), 128), np.full((40, 15), 255)], 1).astype(np.uint8)
    Image.fromarray(np.dstack([pixels, alpha])).save(path.with_suffix(".png"))
    share = np.concatenate([half * (128 / 127.5), np.ones((40, 15, 1))], 1)
    return np.round(share * pixels + (1 - share) * 255).astype(np.uint8)


def _palette(path: Path) -> ScoredMap:
    image = Image.fromarray(noise()).quantize(16)
    image.save(path.with_suffix(".png"))
    return np.asarray(image.convert("RGB"))


def _grey(path: Path) -> ScoredMap:
    Image.fromarray(noise()[..., 0]).save(path.with_suffix(".png"))
    return noise()[..., [0, 0, 0]]


def _deep(ending: str) -> Callable[[Path], ScoredMap]:
    def make(path: Path) -> ScoredMap:
        Image.fromarray(noise()[..., 0].astype(np.uint16) * 257).save(path.with_suffix(ending))
        return noise()[..., [0, 0, 0]]

    return make


def _ink(path: Path) -> ScoredMap:
    Image.fromarray(noise()).convert("CMYK").save(path.with_suffix(".tif"))
    return noise()


def _moving(path: Path) -> ScoredMap:
    frames = [Image.fromarray(noise(seed=seed)).quantize(64) for seed in range(3)]
    frames[0].save(path.with_suffix(".gif"), save_all=True, append_images=frames[1:])
    return np.asarray(frames[0].convert("RGB"))


def _pages(path: Path) -> ScoredMap:
    pages = [Image.fromarray(noise(seed=seed)) for seed in range(2)]
    pages[0].save(path.with_suffix(".tiff"), save_all=True, append_images=pages[1:])
    return noise()


def _size(height: int, width: int) -> Callable[[Path], ScoredMap]:
    def make(path: Path) -> ScoredMap:
        Image.fromarray(noise(height, width)).save(path.with_suffix(".bmp"))
        return noise(height, width)

    return make


ODD: dict[str, Callable[[Path], ScoredMap]] = {
    **{f"turned-{orientation}": _turned(orientation, ".png") for orientation in TURNS},
    "from-a-phone": _turned(6, ".jpg"),
    "transparent": _transparent,
    "palette": _palette,
    "grey": _grey,
    "16-bit-png": _deep(".png"),
    "16-bit-tiff": _deep(".tif"),
    "cmyk": _ink,
    "animation": _moving,
    "pages": _pages,
    "one-pixel": _size(1, 1),
    "one-row": _size(1, 50),
    "20000-wide": _size(6, 20_000),
    "20000-high": _size(20_000, 6),
}


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory, vit_folder: Path) -> dict[str, tuple[Path, Path, ScoredMap]]:
    """Of each odd image and its plain twin where the result lies, and what is seen; all from one run of the command."""
    from typer.testing import CliRunner

    from vitxplain.cli.main import app

    place = tmp_path_factory.mktemp("odd")
    seen = {}
    for name, make in ODD.items():
        seen[name] = make(place / name)
        Image.fromarray(np.ascontiguousarray(seen[name])).save(place / f"{name}-plain.ppm")
    command = [
        "explain",
        str(place),
        "--model",
        str(vit_folder),
        "--method",
        "gradient-attention",
        "--format",
        "npz,json",
    ]
    result = CliRunner().invoke(app, [*command, "--json", "--out", str(place / "out")])
    assert (result.exit_code, result.stderr) == (0, "")
    records = [json.loads(line) for line in result.stdout.splitlines()]
    where = {Path(record["input"]).stem: Path(record["files"][0]) for record in records}
    assert len(where) == 2 * len(ODD)
    return {name: (where[name], where[f"{name}-plain"], seen[name]) for name in ODD}


@pytest.mark.parametrize("name", ODD)
def test_the_map_is_that_of_the_plain_upright_picture(maps: dict[str, tuple[Path, Path, ScoredMap]], name: str):
    odd, plain, seen = (vitxplain.load(one) if isinstance(one, Path) else one for one in maps[name])
    assert odd.image.size == plain.image.size == (seen.shape[1], seen.shape[0])
    assert odd.geometry.image_size == seen.shape[:2]
    np.testing.assert_allclose(odd.values, plain.values, rtol=1e-3, atol=1e-4)
    assert odd.prediction.indices == plain.prediction.indices
    assert odd.heatmap().shape == seen.shape[:2]


def test_maps_differ_where_pictures_do(maps: dict[str, tuple[Path, Path, ScoredMap]]):
    """What the test above could not tell: that a turned picture has another map than the stored one."""
    values = {name: vitxplain.load(maps[name][0]).values for name in maps}
    stored = values["turned-1"]
    for orientation in (2, 3, 4):
        assert not np.allclose(values[f"turned-{orientation}"], stored, rtol=0.01)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (6, 20_000), (20_000, 6)])
def test_pictures_of_odd_sizes_can_be_looked_at(vitx: Vitx, place: Path, vit_folder: Path, height: int, width: int):
    Image.fromarray(noise(height, width)).save("odd.png")
    assert vitx("explain", "odd.png", "--model", vit_folder, "--format", "png").code == 0
    with Image.open("vitx-out/odd.affinity-attention.png") as picture:
        assert 200 < picture.width < 2000
        assert 200 < picture.height < 2000


def test_large_but_safe_is_no_warning(vitx: Vitx, place: Path, vit_folder: Path, monkeypatch: pytest.MonkeyPatch):
    """Between Pillow's limit and twice that Pillow warns and reads."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    said = vitx("explain", "good.png", "--model", vit_folder, "--format", "json")
    assert (said.code, said.err) == (0, "")
