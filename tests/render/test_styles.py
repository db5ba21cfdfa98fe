"""Every style draws, on grids that are not square, and says what it shows."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from PIL import Image

from tests.explanations import SHAPES, explanation
from vitxplain.errors import OptionError, UnknownNameError, UsageError
from vitxplain.grid import TokenGrid
from vitxplain.render.draw import STYLES, fitting_style, plot
from vitxplain.render.figure import png_bytes
from vitxplain.render.styles.patches import patch_grid

FITTING = {
    "head-distance": ["layer head"],
    "position-similarity": ["row column row2 column2"],
    "heads": ["layer row column", "head row column", "layer head row column"],
    "head-masks": ["layer row column", "head row column", "layer head row column"],
    "components": ["component row column"],
    "sampling-points": ["layer head point quantity"],
    "patches": list(SHAPES),
}
MAPS = [axes for axes in SHAPES if axes.endswith(("column", "column2"))]
CASES = [(style, axes) for style in STYLES for axes in FITTING.get(style, MAPS)]


def pixels(figure: Figure) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png_bytes(figure))).convert("RGB"))


def words(figure: Figure) -> str:
    texts = [*figure.texts, *(text for axes in figure.axes for text in (*axes.texts, axes.title, axes.yaxis.label))]
    return "\n".join(text.get_text() for text in texts)


@pytest.mark.parametrize(("style", "axes"), CASES)
def test_every_style_draws_every_fitting_kind(style, axes):
    figure = plot(explanation(axes=axes, box=(5.0, 10.0, 55.0, 70.0)), style)
    drawn = pixels(figure)
    assert drawn.std() > 5
    assert (drawn[:, :12] == 255).all(), "something is cut off at the left"
    assert (drawn[:, -6:] == 255).all(), "something is cut off at the right"
    assert (drawn[:6] == 255).all()
    assert (drawn[-6:] == 255).all()


@pytest.mark.parametrize("size", [(1, 1), (28, 28), (40, 900), (900, 40), (5, 3000)])
@pytest.mark.parametrize("style", ["overlay", "strip", "patches", "signed", "head-masks", "heads"])
def test_images_of_any_shape(style, size):
    made = explanation(axes="head row column", size=size)
    assert pixels(plot(made, style)).std() > 3


@pytest.mark.parametrize("axes", SHAPES)
def test_auto_takes_the_style_of_the_axes(axes):
    style = fitting_style(axes)
    made = explanation(axes=axes)
    np.testing.assert_array_equal(pixels(made.plot()), pixels(made.plot(style)))


def test_unknown_leading_axes_are_drawn_as_a_map_and_others_refused():
    assert fitting_style("step row column") == "overlay"
    with pytest.raises(UsageError, match="no picture for the axes 'channel'"):
        plot(explanation(np.zeros(3), "channel"))


def test_unknown_style_and_options_name_what_there_is():
    with pytest.raises(UnknownNameError, match="'rainbow'; there are auto, overlay"):
        plot(explanation(), "rainbow")
    with pytest.raises(UnknownNameError, match="'head_mask'; did you mean head-masks"):
        plot(explanation(), "head_mask")
    with pytest.raises(OptionError, match="overlay has no option 'colour'; its options are alpha"):
        plot(explanation(), "overlay", colour="red")


@pytest.mark.parametrize(
    ("style", "axes"), [("heads", "row column"), ("head-distance", "row column"), ("position-similarity", "layer head")]
)
def test_a_style_for_other_axes_says_what_it_needs(style, axes):
    with pytest.raises(UsageError, match=f"one value for each of {axes.replace(' ', ' x ')}; .* gives"):
        plot(explanation(axes=axes), style)


@pytest.mark.parametrize("layers", [{"mass": 0.0}, {"mass": 1.5}, {"layer": 4}, {"layer": -5}])
def test_head_masks_refuse_what_cannot_be(layers):
    with pytest.raises(OptionError):
        plot(explanation(axes="layer head row column"), "head-masks", **layers)


def test_the_title_names_class_probability_method_and_model():
    shown = words(explanation().plot())
    assert "tench · 75.0%" in shown
    assert "grad-cam · some/model · relu=False" in shown
    assert "Tinca" not in shown


def test_head_masks_count_the_fewest_patches_of_the_mass():
    values = np.zeros((1, 2, 3, 5))
    values[0, 0, 1, 1] = 1.0
    values[0, 1] = 1.0
    shown = words(plot(explanation(values, "layer head row column"), "head-masks", mass=0.6))
    assert "head 0: 1 of 15 patches" in shown
    assert "head 1: 9 of 15 patches" in shown


def test_heads_that_were_cut_to_a_mass_are_shown_so_and_not_cut_again():
    values = np.array([[[[0.5, 0.1], [0.0, 0.0]], [[0.2, 0.2], [0.2, 0.0]]]])
    made = explanation(values, "layer head row column", method="raw-attention", options={"mass": 0.6, "head": "all"})
    shown = words(made.plot())
    assert "head 0: 2 of 4 patches" in shown
    assert "head 1: 3 of 4 patches" in shown
    assert "hold 60% of each head" in shown
    with pytest.raises(OptionError, match=r"mass is 0.5, but the explanation kept the patches that hold 0.6"):
        plot(made, "head-masks", mass=0.5)
    one = {"options": {"mass": 0.6, "head": 2}, "method": "raw-attention"}
    assert "head 2: 3 of 4 patches" in words(explanation(values[:, 1:], "layer head row column", **one).plot())


def test_components_are_the_three_colours_and_the_background_the_photograph():
    values = np.zeros((3, 3, 5), np.float32)
    values[:, 1, 1] = (9, -9, 0.0)
    values[:, 1, 2] = (-9, 9, 9)
    made = explanation(values, "component row column", method="patch-pca")
    axes = made.plot("components", smooth=False).axes[1]
    drawn = np.asarray(axes.images[0].get_array())
    height, width = drawn.shape[:2]
    for column, expected in ((1, (1, 0, 0.5)), (2, (0, 1, 1))):
        np.testing.assert_allclose(drawn[height // 2, int((column + 0.5) * width / 5)], expected, atol=1e-3)
    background = drawn[5, 5]
    assert background.max() - background.min() < 1e-3
    assert background.max() < 0.3
    with pytest.raises(UsageError, match=r"three components of a map, as patch-pca gives"):
        plot(explanation(), "components")


def test_the_patch_that_asks_is_marked_on_photograph_and_map():
    made = explanation(provenance={"asking": (30.0, 20.0, 48.0, 40.0)})
    marks = [[tuple(line[0]) for line in lines.get_segments()] for lines in _marks(made.plot())]
    assert len(marks) == 2
    assert all((30 * 4 - 0.5, 20 * 4 - 0.5) in corners for corners in marks)  # drawn four times as large
    heads = explanation(axes="head row column", box=(10.0, 20.0, 60.0, 80.0), provenance=made.provenance)
    (mark,) = _marks(heads.plot())
    assert tuple(mark.get_segments()[0][0]) == (9.5, 9.5)
    assert _marks(explanation().plot()) == []


def _marks(figure):
    lines = [one for axes in figure.axes for one in axes.collections if isinstance(one, LineCollection)]
    return [one for one in lines if one.get_segments()]


def test_strip_shows_the_true_mask_and_refuses_one_of_another_size():
    mask = np.zeros((60, 90), bool)
    mask[:30] = True
    shown = words(plot(explanation(), "strip", mask=mask, threshold=0.25))
    assert "label" in shown
    assert "heat map > 0.25" in shown
    with pytest.raises(OptionError, match=r"the mask is \(90, 60\) and the image \(60, 90\)"):
        plot(explanation(), "strip", mask=mask.T)


def test_large_grids_show_every_kth_position():
    values = np.zeros((30, 20, 30, 20))
    made = explanation(values, "row column row2 column2")
    assert "one patch in 3 × 3" in words(made.plot())
    assert "one patch in" not in words(plot(made, every=1))
    with pytest.raises(OptionError, match="every is 0"):
        plot(made, every=0)


def test_patch_grid_of_an_image():
    made = explanation(box=(5.0, 10.0, 55.0, 70.0))
    shown = words(patch_grid(made.image, TokenGrid(2, 4, 5, 1, (16.0, 8.0)), made.geometry))
    assert "2 × 4 = 8 patches + 5 prefix tokens + 1 suffix token" in shown
    assert "patches of 16 × 8 px" in shown


def test_no_patches_no_patch_grid():
    with pytest.raises(UsageError, match="takes no patches"):
        plot(explanation(grid=None), "patches")


def test_class_names_are_text_not_formulas_and_may_be_of_any_script():
    name = "$\\frac{1$ 猫\n☃ \U0001f408"
    made = explanation(prediction=explanation().prediction.__class__((name,), (0,), (0.5,)), target=None)
    assert pixels(made.plot("strip")).std() > 5  # a missing letter would warn, and a warning is an error here


def test_long_names_stay_on_the_page():
    name = "a name that is as long as a sentence and goes on " * 3
    made = explanation(size=(90, 20), target=None, prediction=explanation().prediction.__class__((name,), (0,), (0.5,)))
    assert (pixels(made.plot())[:, -6:] == 255).all()


def test_constant_and_unpredicted_explanations_draw():
    nothing = explanation().prediction.__class__((), (), ())
    for axes, shape in SHAPES.items():
        made = explanation(np.zeros(shape), axes, prediction=nothing, target=None, grid=None, provenance={})
        assert pixels(made.plot()).shape[2] == 3


def test_threads_draw_at_once_what_one_draws_alone():
    made = [explanation(axes=axes) for axes in ("row column", "layer head", "layer head row column")] * 2
    alone = [png_bytes(plot(one)) for one in made]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda one: png_bytes(plot(one)), made)) == alone


def test_the_picture_shows_itself_in_a_notebook():
    assert explanation().plot()._repr_png_().startswith(b"\x89PNG")


def test_values_that_speak_for_nothing_show_what_is_below_zero():
    cosines = explanation(np.array([[-0.5, 0.2], [0.1, 0.4]]), "row column", target=None)
    assert "below 0 in blue" in words(cosines.plot())
    assert "below 0" not in words(explanation(np.array([[0.5, 0.2]]), "row column", target=None).plot())
    assert "heat" in words(explanation(np.array([[-0.5, 0.2]]), "row column").plot())  # of a target: what speaks for it


@pytest.mark.parametrize("style", ["heads", "strip"])
def test_faint_attention_beside_a_peak_is_seen(style):
    values = np.full((1, 2, 4, 4), 0.04)
    values[..., 0, :2] = 1.0, 0.0
    figure = plot(explanation(values, "layer head row column"), style)
    axes = [panel.images[0].get_array() for panel in figure.axes if panel.images][-3 if style == "strip" else -1]
    assert np.median(np.asarray(axes, float).reshape(-1, 3).max(1)) > 0.25
    assert any("root scale" in (one.get_xlabel() or one.get_ylabel()) for one in figure.axes)
