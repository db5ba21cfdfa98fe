"""Figures for papers: their width and letters, files of lines, and axes of the user's own."""

import re
import zlib
from io import BytesIO

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from tests.explanations import SHAPES, detected, explanation
from vitxplain.errors import OptionError, UnknownNameError, UsageError
from vitxplain.render.figure import png_bytes

FACTS = {"provenance": {"model": {"id": "some/model"}, "input": "/far/away/coffee.jpg"}}


def texts(figure: Figure) -> list[str]:
    return [line.get_text() for line in figure.texts]


def named(figure: Figure) -> str:
    return " | ".join(text.get_text() for axes in figure.axes for text in (*axes.texts, axes.title))


@pytest.mark.parametrize("axes", SHAPES)
def test_a_figure_is_as_wide_as_the_column_with_letters_one_can_read_and_none_cut_off(axes):
    figure = explanation(axes=axes, **FACTS).plot(width="column")
    assert figure.get_size_inches()[0] == pytest.approx(3.25)
    drawn = np.asarray(Image.open(BytesIO(png_bytes(figure))).convert("RGB"))
    for edge in (drawn[:2], drawn[-2:], drawn[:, :2], drawn[:, -2:]):
        assert (edge == 255).all()
    letters = [text for one in figure.axes for text in (*one.texts, one.title, one.yaxis.label) if text.get_text()]
    assert all(text.get_fontsize() >= 6 for text in (*letters, *figure.texts))


def test_a_title_is_cut_only_where_the_smallest_letters_are_too_large():
    for length in range(20, 70):
        title = ("Egyptian cat 33.0% rather than golden retriever <0.1% " * 2)[:length].strip()
        line = explanation(**FACTS).plot(width="column", title=title).texts[0]
        assert line.get_text() == title or line.get_fontsize() == 6


def test_pictures_keep_their_proportions_at_any_width():
    made = explanation(size=(60, 90))
    for width in (2.5, 3.25, 12.0):
        left, right = made.plot(width=width).axes[:2]
        for panel in (left, right):
            assert panel.bbox.width / panel.bbox.height == pytest.approx(1.5, rel=0.01)


def test_names_of_objects_cover_no_others_in_a_narrow_figure():
    figure = detected(0).plot(width=2.5)
    for axes in figure.axes:
        boxes = [text.get_window_extent() for text in axes.texts]
        assert not any(one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[:k])


def test_a_title_of_ones_own_and_none():
    made = explanation(**FACTS)
    assert texts(made.plot(title="Why tench"))[0] == "Why tench"
    bare, whole = made.plot(title=""), made.plot()
    assert texts(bare) == []
    assert bare.get_size_inches()[1] < whole.get_size_inches()[1] - 0.5


def test_the_photograph_and_the_map_of_many_are_named():
    assert texts(explanation(**FACTS).plot())[1].startswith("coffee.jpg · grad-cam")
    many = explanation(axes="layer head row column", **FACTS)
    assert "last of 4 layers, mean of 2 heads" in texts(many.plot("overlay"))[1]
    one = explanation(np.ones((1, 1, 3, 5)), "layer head row column", options={"layer": 3, "head": 1})
    assert "layer 3, head 1" in named(one.plot())
    heads = explanation(np.ones((1, 2, 3, 5)), "layer head row column", options={"layer": -1, "head": None})
    assert all(words in named(heads.plot()) for words in ("last layer", "head 0", "head 1"))


@pytest.mark.parametrize("form", ["pdf", "svg"])
def test_letters_stay_letters_and_the_same_figure_gives_the_same_bytes(form, tmp_path):
    made = explanation(**FACTS)
    first = made.save(tmp_path / f"a.{form}", width="column")[0].read_bytes()
    assert made.save(tmp_path / f"b.{form}", width="column")[0].read_bytes() == first
    if form == "svg":
        assert re.findall(r"<text[^>]*>tench · 75.0%</text>", first.decode())
        assert b"<dc:date>" not in first
        assert all(
            "sans-serif" in text for text in re.findall(r"<text[^>]*>", first.decode())
        )  # where DejaVu is missing
        return
    assert b"/Subtype /Type3" not in first
    assert b"/FontFile2" in first  # the TrueType font itself
    assert b"CreationDate" not in first
    assert b"/Subtype /Image" in first
    assert any(b"Tj" in text or b"TJ" in text for text in _streams(first))


def _streams(pdf: bytes) -> list[bytes]:
    found = re.findall(rb"/Filter /FlateDecode.*?stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return [zlib.decompressobj().decompress(content) for content in found]


def test_resolution_is_that_of_the_png(tmp_path):
    (file,) = explanation().save(tmp_path / "a.png", width=3.25, dpi=200)
    with Image.open(file) as image:
        assert image.width == 650
    with pytest.raises(OptionError, match=r"dpi is 0; it takes dots an inch"):
        explanation().save(tmp_path / "b.png", dpi=0)


def test_colours_are_those_of_the_colour_map_in_picture_and_bar():
    made = explanation(np.array([[0.0, 1.0]]))
    grey = made.plot(cmap="gray", alpha=1.0)
    picture = np.asarray(grey.axes[1].images[0].get_array())[..., :3]
    assert (picture.min(-1) == picture.max(-1)).all()
    (bar,) = [one for one in grey.axes[2].collections if one.get_array() is not None]
    assert bar.get_cmap().name == "gray"
    with pytest.raises(UnknownNameError, match=r"no colour map 'virids'; did you mean viridis"):
        made.plot(cmap="virids")
    with pytest.raises(OptionError, match=r"brightness has no option 'cmap'"):
        made.plot("brightness", cmap="gray")


@pytest.mark.parametrize(
    ("style", "axes"),
    [(style, "row column") for style in ("overlay", "additive", "brightness", "signed")]
    + [("heads", "layer head row column")],
)
def test_a_picture_is_drawn_on_axes_of_ones_own(style, axes):
    figure = Figure(figsize=(6, 3))
    panels = figure.subplots(1, 2)
    made = explanation(axes=axes)
    assert made.plot(style, ax=panels[1], title="(b)") is figure
    assert not panels[0].images
    assert panels[1].get_title() == "(b)"
    (image,) = panels[1].images
    low, high = image.get_clim()
    assert figure.colorbar(image).mappable is image
    assert (low < 0 < high) if style == "signed" else (low, high) == (0, 1)
    assert np.asarray(image.get_array()).std() > 0.05


def test_what_cannot_be_drawn_says_so():
    axes = Figure().subplots()
    with pytest.raises(UsageError, match=r"strip is several pictures .* overlay, additive"):
        explanation().plot("strip", ax=axes)
    with pytest.raises(OptionError, match=r"ax is one of yours"):
        explanation().plot(ax=axes, width=3)
    for width in ("colum", 0, True):
        with pytest.raises(OptionError, match=r'width is .*"column" \(3.25 inches\)'):
            explanation().plot(width=width)
    with pytest.raises(OptionError, match=r"width is 1 inches, and this picture needs at least \d"):
        explanation().plot("strip", width=1)
