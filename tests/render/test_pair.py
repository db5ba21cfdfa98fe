"""A sheet drawn on again shows what a new one shows."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from tests.explanations import COLUMNS, ROWS, explanation
from vitxplain.explanation.explanation import Explanation
from vitxplain.files.png import png
from vitxplain.render.draw import picture_bytes, plot
from vitxplain.render.figure import png_bytes
from vitxplain.render.pair import MOST_KEPT
from vitxplain.tasks.base import ExplainedTarget
from vitxplain.tasks.detected import Detected

FOUND = (Detected(0, "cup", 0.9, (5.0, 5.0, 40.0, 30.0)), Detected(1, "dog", 0.8, (20.0, 10.0, 80.0, 50.0)))
MADE = [
    explanation(detections=FOUND),
    explanation(target=ExplainedTarget(3, "object-1", 0.8, box=(20.0, 10.0, 80.0, 50.0)), detections=FOUND),
    explanation(target=ExplainedTarget(0, "a name so long that it must be set in smaller letters " * 3, 0.5)),
    explanation(box=(5.0, 10.0, 55.0, 70.0)),
    explanation(size=(400, 90)),
    explanation(size=(40, 900)),
    explanation(target=None),
]


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(content)).convert("RGB"))


def on_new_sheet(one: Explanation, style: str = "overlay") -> np.ndarray:
    with ThreadPoolExecutor(1) as thread:  # each thread has its own
        return pixels(thread.submit(picture_bytes, one, "png", style).result())


@pytest.fixture(scope="module")
def fresh() -> list[np.ndarray]:
    return [on_new_sheet(one) for one in MADE]


@pytest.mark.parametrize("threads", [1, 3])
def test_a_sheet_drawn_on_again_shows_what_a_new_one_shows(fresh, threads):
    order = [*range(len(MADE)), *reversed(range(len(MADE))), 0, 0]
    with ThreadPoolExecutor(threads) as pool:
        drawn = list(pool.map(lambda number: picture_bytes(MADE[number], "png", "overlay"), order))
    for number, content in zip(order, drawn, strict=True):
        np.testing.assert_array_equal(pixels(content), fresh[number])


def test_more_sizes_than_sheets_are_drawn_as_each_alone():
    sizes = [explanation(size=(60, 90 + 10 * number)) for number in range(MOST_KEPT + 2)]
    with ThreadPoolExecutor(1) as thread:
        list(thread.map(lambda one: picture_bytes(one, "png", "overlay"), sizes))
        again = thread.submit(picture_bytes, sizes[0], "png", "overlay").result()  # on a sheet that another size left
    np.testing.assert_array_equal(pixels(again), on_new_sheet(sizes[0]))


def test_a_bar_that_reaches_further_is_a_new_one_s():
    signed = [explanation(np.full((ROWS, COLUMNS), 1.0 + number), size=(60, 90 - number)) for number in range(3)]
    fresh = [on_new_sheet(one, "signed") for one in signed]
    for number in (0, 1, 2, 1, 1, 0):
        np.testing.assert_array_equal(pixels(picture_bytes(signed[number], "png", "signed")), fresh[number])
    assert len({picture[-40:, -150:].tobytes() for picture in fresh}) == len(fresh)  # where the highest value stands


def test_a_figure_that_is_handed_out_is_its_callers_alone(fresh):
    figure = plot(MADE[0], "overlay")
    drawn = pixels(png_bytes(figure))
    picture_bytes(MADE[1], "png", "overlay")
    plot(MADE[4], "overlay")
    np.testing.assert_array_equal(pixels(png_bytes(figure)), drawn)


@pytest.mark.parametrize("size", [(60, 90), (700, 900)])  # enlarged and shrunk
def test_a_file_shows_what_a_figure_shows_and_what_matplotlib_resamples(size):
    made = explanation(size=size)
    saved, figure = pixels(picture_bytes(made, "png", "overlay")).astype(float), plot(made, "overlay")
    plotted = pixels(png_bytes(figure)).astype(float)
    assert saved.shape == plotted.shape
    assert np.abs(saved - plotted).mean() < 1
    for panel in figure.axes[:2]:
        panel.images[0].set_interpolation("hanning")  # which Pixels leaves to matplotlib
    assert np.abs(pixels(png_bytes(figure)) - plotted).mean() < 1


def test_a_drawing_that_fails_leaves_no_trace_on_the_next(fresh, monkeypatch):
    picture_bytes(MADE[0], "png", "overlay")
    with monkeypatch.context() as broken:
        broken.setattr("vitxplain.render.pair.outline_target", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            picture_bytes(MADE[1], "png", "overlay")
    np.testing.assert_array_equal(pixels(picture_bytes(MADE[2], "png", "overlay")), fresh[2])


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (1, 300), (200, 1)])
def test_a_png_holds_the_very_pixels_it_was_given(size):
    given = np.random.default_rng(0).integers(0, 256, (*size, 4), np.uint8)[..., :3]
    np.testing.assert_array_equal(pixels(png(given)), given)
