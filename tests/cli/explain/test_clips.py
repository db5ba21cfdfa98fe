"""`vitx explain clip.gif` animates."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.animation.clips import write_clip
from tests.cli.conftest import Said
from vitxplain import explain

Vitx = Callable[..., Said]


@pytest.fixture
def clip(photos: Path) -> Path:
    return write_clip(photos / "clip.gif", (20, 90, 250), (50, 200, 90))


def test_a_clip_is_animated_beside_the_files_of_its_first_frame(vitx: Vitx, clip: Path, vit_folder: Path):
    methods = "rollout,grad-cam,head-distance"
    said = vitx("explain", "clip.gif", "cat.png", "--model", vit_folder, "--method", methods, "--batch-size", 2)
    assert said.code == 0, said.err
    names = {path.name for path in Path("vitx-out").iterdir()}
    assert {name for name in names if name.endswith(".gif")} == {"clip.attention-rollout.gif", "clip.grad-cam.gif"}
    assert {"clip.grad-cam.png", "clip.head-distance.png", "cat.grad-cam.npz"} <= names
    with Image.open("vitx-out/clip.grad-cam.gif") as picture:
        assert picture.n_frames == 3
    assert "clip.grad-cam.png .npz .json .gif" in said.out


def test_frames_are_about_the_class_that_most_of_them_have(vitx: Vitx, photos: Path, vit_folder: Path, monkeypatch):
    from vitxplain.cli.explain import clips

    rng = np.random.default_rng(0)
    first, *rest = (Image.fromarray(rng.integers(0, 256, (24, 24, 3), np.uint8)) for _ in range(12))
    first.save(photos / "noise.gif", save_all=True, append_images=rest, duration=50)
    drawn = []
    monkeypatch.setattr(clips, "gif_bytes", lambda frames, *_: drawn.extend(frames) or b"GIF89a")
    assert vitx("explain", "noise.gif", "--model", vit_folder, "--method", "grad-cam").code == 0
    best = [made.prediction.indices[0] for made in drawn]
    assert {made.target.index for made in drawn} == {max(best, key=best.count)}
    alone = explain(vit_folder, drawn[-1].image, method="grad-cam", target=drawn[-1].target.index)
    assert np.allclose(drawn[-1].values, alone.values, atol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["cat.png", "--format", "gif"], "cat.png has one frame, of which no gif is drawn; leave gif out of --format."),
        (["clip.gif", "--format", "gif", "--style", "signed"], "--format gif is drawn in the style overlay"),
    ],
)
def test_what_cannot_be_animated_is_said(vitx: Vitx, clip: Path, vit_folder: Path, arguments: list[str], message: str):
    said = vitx("explain", *arguments, "--model", vit_folder, "--method", "rollout")
    assert said.code
    assert message in said.err


def test_a_file_by_its_name_and_nothing_where_other_formats_are_typed(vitx: Vitx, clip: Path, vit_folder: Path):
    typed = ["explain", "clip.gif", "--model", vit_folder, "--method", "rollout"]
    assert vitx(*typed, "--out", "map.gif").code == 0
    with Image.open("map.gif") as picture:
        assert picture.n_frames == 3
    assert vitx(*typed, "--format", "npz").code == 0
    assert [path.name for path in Path("vitx-out").iterdir()] == ["clip.attention-rollout.npz"]


def test_of_a_detector_the_first_frame_alone(vitx: Vitx, clip: Path, detector_folder: Path):
    assert vitx("explain", "clip.gif", "--model", detector_folder, "--min-score", 0).code == 0
    assert not list(Path("vitx-out").glob("*.gif"))
    said = vitx("explain", "clip.gif", "--model", detector_folder, "--min-score", 0, "--format", "gif")
    assert said.code == 1
    assert "finds objects in each frame anew" in said.err
