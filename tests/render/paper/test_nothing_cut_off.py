"""Nothing that is written in a figure lies outside its page, at any width and however long the names are."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from tests.explanations import SHAPES, detected, explanation
from vitxplain.errors import OptionError
from vitxplain.explanation.explanation import NEVER_NEGATIVE, Explanation
from vitxplain.tasks.base import ExplainedTarget

NAMES = [
    ("Egyptian cat", "tabby, tabby cat"),
    ("Egyptian cat, a cat of Egypt, Felis catus aegyptiaca", "German short-haired pointer, Deutsch Kurzhaar"),
    ("Donaudampfschifffahrtskapitaenspatentpruefung", "tench, Tinca tinca"),
]
WIDTHS = [None, "page", "column", 2.0]
SIZES = [(60, 90), (90, 60), (60, 200)]  # height, width
STYLES = {
    "row column": ("overlay", "signed", "strip"),
    "layer head row column": ("heads", "head-masks"),
    "component row column": ("components",),
    "layer head": ("head-distance",),
    "row column row2 column2": ("position-similarity",),
}


def drawn(names: tuple[str, str] | None, axes: str = "row column", **changes) -> Explanation:
    """The explanation of why the first class rather than the second."""
    facts = {"model": {"id": "some/model"}, "input": "/far/away/coffee.jpg"} | changes.pop("provenance", {})
    if names is not None:
        own, other = names
        contrast = ExplainedTarget(0, f"{own} ~ {other}", 0.33, against=ExplainedTarget(1, other, 0.274))
        changes["target"] = contrast
    values = np.random.default_rng(0).normal(size=SHAPES[axes]) * (0.011 if axes == "row column" else 1)
    return explanation(values, axes, provenance=facts, **changes)


def plotted(made: Explanation, style: str, width: float | str | None) -> Figure | None:
    """The figure; None where it is refused for its width, in words that say which it needs."""
    if width != 2.0:
        return made.plot(style, width=width)
    try:
        return made.plot(style, width=width)
    except OptionError:
        return None


def cut_off(figure: Figure | None) -> list[str]:
    """What is written beyond the page, or nearer to its edge than half a point."""
    if figure is None:
        return []
    figure.canvas.draw()
    page = figure.bbox.padded(-figure.dpi / 144)
    extents = {text.get_text(): text.get_window_extent() for text in figure.texts}
    for axes in figure.axes:
        legend = axes.get_legend()
        written = [*axes.texts, axes.title, *(legend.get_texts() if legend else ())]
        extents |= {text.get_text(): text.get_window_extent() for text in written if text.get_text()}
        if axes.axison:
            for axis in (axes.xaxis, axes.yaxis):
                if (box := axis.get_tightbbox()) is not None:
                    extents[f"{axis.axis_name} {axis.get_label_text()}"] = box
    return [
        f"{words!r}: {box.extents.round()} of {page.extents.round()}"
        for words, box in extents.items()
        if box.x0 < page.x0 or box.y0 < page.y0 or box.x1 > page.x1 or box.y1 > page.y1
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("style", STYLES["row column"][:-1])
def test_no_word_of_a_map_beside_its_photograph(style, width, size):
    for names in NAMES:
        assert cut_off(plotted(drawn(names, size=size), style, width)) == []
    one_sided = drawn(NAMES[1], size=size, provenance={NEVER_NEGATIVE: True})
    assert cut_off(plotted(one_sided, style, width)) == []
    for found in (detected(0, size=size), drawn(None, size=size, target=None)):
        assert cut_off(plotted(found, style, width)) == []


@pytest.mark.parametrize("width", WIDTHS[:-1])
@pytest.mark.parametrize(("axes", "style"), [(axes, style) for axes, styles in STYLES.items() for style in styles])
def test_no_word_of_any_style(axes, style, width):
    assert cut_off(drawn(NAMES[1], axes).plot(style, width=width)) == []


def test_each_end_of_the_bar_has_its_own_words():
    for width in (*WIDTHS[:-1], 2.8):
        for size in SIZES:
            bar = drawn(NAMES[0], size=size).plot("signed", width=width).axes[-1]
            own, other = bar.texts
            assert " ".join(own.get_text().split()).endswith("for Egyptian cat")
            assert " ".join(other.get_text().split()).endswith("for tabby")
            upper, lower = own.get_window_extent(), other.get_window_extent()
            assert upper.y0 >= lower.y1 - 0.5
            numbers = [label.get_window_extent() for label in bar.get_yticklabels() if label.get_text()]
            assert bar.get_yticklabels()[0].get_text().startswith("\N{MINUS SIGN}")
            assert not any(number.overlaps(words) for number in numbers for words in (upper, lower))
