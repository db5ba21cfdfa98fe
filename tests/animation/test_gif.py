"""One colour is one value in every frame, and each is shown as long as it was."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.explanations import explanation
from vitxplain.animation.explained import usual_class
from vitxplain.animation.gif import gif_bytes, shared_limits
from vitxplain.errors import OptionError
from vitxplain.explanation.look import Look
from vitxplain.tasks.base import Prediction


def _frame(value: float, best: int = 0):
    """The left half at 0, the right at a value."""
    values = np.zeros((3, 4))
    values[:, 2:] = value
    return explanation(values, prediction=Prediction((str(best),), (best,), (0.5,)), size=(120, 160))


def test_the_scale_is_that_of_all_frames():
    frames = [_frame(1.0), _frame(0.25), _frame(0.5)]
    assert shared_limits(frames) == (0.0, 1.0)
    with Image.open(BytesIO(gif_bytes(frames, (50, 200, 90)))) as picture:
        assert picture.n_frames == 3
        assert picture.info["loop"] == 0
        brightness, milliseconds = [], []
        for number in range(3):
            picture.seek(number)
            milliseconds.append(picture.info["duration"])
            pixels = np.asarray(picture.convert("L"), float)
            height, width = pixels.shape
            hot = slice(int(0.68 * width), int(0.8 * width))  # within the right half of the map, which is the second
            brightness.append(pixels[height // 3 : height // 2, hot].mean())
    assert milliseconds == [50, 200, 90]
    assert brightness[0] > brightness[2] + 20
    assert brightness[2] > brightness[1] + 20


def test_all_frames_have_the_same_colours():
    frames = [_frame(value) for value in (1.0, 0.25, 0.5)]
    with Image.open(BytesIO(gif_bytes(frames, (50, 50, 50)))) as picture:
        colours = []
        for number in range(3):
            picture.seek(number)
            colours += [colour for _, colour in picture.convert("RGB").getcolors(1 << 24)]
    assert 100 < len(set(colours)) <= 256


def test_a_scale_that_ends_at_a_percentile_is_cut_once_for_all_frames():
    frames = [_frame(value) for value in (1.0, 0.25)]
    frames[0].values[0, 3] = 100.0  # an outlier
    cut = gif_bytes(frames, (50, 50), Look(percentile=90))
    pictures = [np.asarray(Image.open(BytesIO(gif)).convert("L"), float) for gif in (cut, gif_bytes(frames, (50, 50)))]
    assert pictures[0].shape == pictures[1].shape
    map_part = (slice(100, 250), slice(470, 600))
    assert pictures[0][map_part].mean() > pictures[1][map_part].mean()  # the outlier takes none of the scale
    with pytest.raises(OptionError, match="percentile is 150"):
        gif_bytes(frames, (50, 50), Look(percentile=150))


def test_the_class_most_frames_have_as_their_best():
    assert usual_class([_frame(1, best) for best in (3, 7, 7, 3, 7)]) == 7
    assert usual_class([_frame(1, best) for best in (3, 7)]) == 3
    assert usual_class([explanation(prediction=Prediction((), (), ()))]) is None
