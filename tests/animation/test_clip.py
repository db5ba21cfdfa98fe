"""Frames as they are shown, and for how long."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.animation.clips import write_clip
from vitxplain.animation import clip as clips
from vitxplain.animation.clip import clip_of
from vitxplain.errors import ImageError


@pytest.mark.parametrize("ending", ["gif", "png", "webp"])
def test_every_frame_with_its_time(tmp_path: Path, ending: str):
    clip = clip_of(str(write_clip(tmp_path / f"a.{ending}", (0, 120, 250), (50, 200, 90), lossless=True)))
    assert clip is not None
    frames = list(clip.frames())
    assert [frame.milliseconds for frame in frames] == [50, 200, 90]
    assert [int(np.asarray(frame.image).mean()) for frame in frames] == [0, 120, 250]
    assert {frame.image.mode for frame in frames} == {"RGB"}


def test_what_is_too_short_to_be_shown_takes_a_tenth_of_a_second(tmp_path: Path):
    clip = clip_of(str(write_clip(tmp_path / "a.gif", (0, 120), 10)))
    assert clip is not None
    assert [frame.milliseconds for frame in clip.frames()] == [100, 100]


def test_of_many_frames_some_are_taken_for_the_time_of_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(clips, "MOST_FRAMES", 3)
    clip = clip_of(str(write_clip(tmp_path / "a.gif", range(0, 160, 20), 50)))  # eight, of which each third
    assert clip is not None
    assert (clip.step, clip.taken) == (3, 3)
    frames = list(clip.frames())
    assert [frame.milliseconds for frame in frames] == [150, 150, 100]
    assert [int(np.asarray(frame.image).mean()) for frame in frames] == [0, 60, 120]


def test_what_shines_through_is_white(tmp_path: Path):
    frames = [Image.new("RGBA", (8, 8), (0, 0, 0, alpha)) for alpha in (0, 255)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:], duration=50, lossless=True)
    clip = clip_of(str(tmp_path / "a.webp"))
    assert clip is not None
    assert [int(np.asarray(frame.image).mean()) for frame in clip.frames()] == [255, 0]


def test_one_frame_pages_and_no_picture_are_no_clips(tmp_path: Path):
    write_clip(tmp_path / "one.gif", (9,))
    write_clip(tmp_path / "pages.tif", (9, 200))
    (tmp_path / "text.gif").write_text("GIF89a")
    assert [clip_of(str(tmp_path / name)) for name in ("one.gif", "pages.tif", "text.gif", "none.gif")] == [None] * 4


def test_a_frame_that_is_cut_off_is_said(tmp_path: Path):
    rng = np.random.default_rng(0)
    first, *rest = (Image.fromarray(rng.integers(0, 256, (60, 60, 3), np.uint8)) for _ in range(3))
    first.save(tmp_path / "a.webp", save_all=True, append_images=rest, duration=50)
    clip = clip_of(str(tmp_path / "a.webp"))
    assert clip is not None
    content = (tmp_path / "a.webp").read_bytes()
    (tmp_path / "a.webp").write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))
    with pytest.raises(ImageError, match=r"a\.webp is"):
        list(clip.frames())
