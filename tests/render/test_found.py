"""Boxes and outlines of what was found, on the pictures of explanations."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex

from tests.explanations import detected, explanation, segmented
from vitxplain.explanation.titles import headline
from vitxplain.geometry import Geometry
from vitxplain.render.colours import CLASSES
from vitxplain.render.display import displayed
from vitxplain.render.found import MOST_DRAWN, THICK, on_image, target_number
from vitxplain.render.sheets.target_sheet import target_sheet
from vitxplain.tasks.base import ExplainedTarget
from vitxplain.tasks.detected import Detected


def outlines(axes) -> list[tuple[str, float]]:
    """Colour and width of each outline; its rim comes first."""
    lines = [one for one in axes.collections if isinstance(one, LineCollection)]
    return [(to_hex(line.get_colors()[-1]), line.get_linewidths()[-1]) for line in lines]


def names(axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


@pytest.mark.parametrize("style", ["overlay", "additive", "brightness", "signed"])
def test_everything_is_outlined_on_the_photograph_and_the_target_on_the_map(style):
    photograph, heat, *_ = detected(1).plot(style).axes
    assert names(photograph) == ["1 cat 66.0%", "0 dog 97.0%"]  # what is explained takes the best place
    assert [colour.upper() for colour, _ in outlines(photograph)] == list(CLASSES[:2])
    assert names(heat) == ["1 cat 66.0%"]
    ((colour, width),) = outlines(heat)
    assert (colour.upper(), width) == (CLASSES[1], THICK)


def test_a_segment_is_outlined_and_on_the_map_not_named():
    photograph, heat, *_ = segmented().plot().axes
    assert sorted(names(photograph)) == ["0 road 90.0%", "1 sky 80.0%"]
    assert len(outlines(heat)) == 1
    assert names(heat) == []


def test_boxes_follow_the_size_of_the_picture():
    small = displayed(detected())
    scale = small.image.width / 90
    assert scale > 1
    assert small.target.box == tuple(scale * side for side in (10.0, 20.0, 40.0, 50.0))
    assert small.detections[1].box == tuple(scale * side for side in (50.5, 5.0, 88.0, 30.25))


def test_a_region_lies_where_the_input_shows_the_image():
    mask = np.array([[True, False], [False, False]])
    padded = on_image(mask, Geometry((4, 8), (8, 8), (-2.0, 0.0, 6.0, 8.0)))
    assert padded.tolist() == [[True] * 4 + [False] * 4] * 2 + [[False] * 8] * 2
    cropped = on_image(~mask, Geometry((4, 8), (4, 4), (0.0, 2.0, 4.0, 6.0)))
    assert cropped.sum(0).tolist() == [0, 0, 2, 2, 4, 4, 0, 0]


def test_headlines_say_which_of_what_was_found():
    assert headline(detected(1)) == "cat · 66.0%   (object 1, one of 2)"
    assert headline(segmented()) == "road · 90.0%   (segment 0, one of 2)"
    assert headline(detected(target=None)) == "found: dog, cat"
    region = ExplainedTarget(1, "road", 0.8, label="mask-lane", share=0.2, region=np.ones((6, 8), bool))
    assert headline(segmented(target=region)) == "road · 80.0%   (mask-lane)"
    difference = ExplainedTarget(1, "dog ~ cat, kitten", 0.97, label="object-0~cat, kitten")
    assert target_number(difference) == 0


def test_of_very_many_things_the_best_are_drawn():
    many = tuple(Detected(0, f"thing {n}", 0.9, (1.0 * n, 1.0, n + 2.0, 5.0)) for n in range(40))
    photograph, *_ = detected(detections=many, target=None).plot().axes
    assert len(outlines(photograph)) == MOST_DRAWN
    assert names(photograph)[0] == "0 thing 0 90.0%"


def test_a_strip_names_what_was_found():
    axes = detected().plot("strip").axes
    assert axes[1].get_title() == "found"
    assert names(axes[1])[::2] == ["0 dog", "1 cat"]
    assert explanation().plot("strip").axes[1].get_title() == "prediction"


def test_a_sheet_has_a_map_for_each_target():
    figure = target_sheet([detected(0), detected(1)])
    titles = [axes.get_title() for axes in figure.axes[:3]]
    assert titles == [
        "what the model found",
        "dog · 97.0%   (object 0, one of 2)",
        "cat · 66.0%   (object 1, one of 2)",
    ]
    assert [len(outlines(axes)) for axes in figure.axes[:3]] == [2, 1, 1]
    assert target_sheet([explanation(), explanation()]).axes[0].get_title() == "the image"


def test_a_notebook_lists_what_was_found():
    assert "0 dog 97.0%; 1 cat, kitten 66.0%" in detected()._repr_html_()
    assert "found" not in explanation()._repr_html_()
