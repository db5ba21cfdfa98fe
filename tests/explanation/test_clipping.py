"""The scale of a picture that ends at a percentile."""

from pathlib import Path

import numpy as np
import pytest

from tests.explanations import explanation
from vitxplain.errors import OptionError, UsageError
from vitxplain.explanation.clipping import clipped, scale_words


def test_values_are_cut_on_both_sides_and_those_of_files_are_not(tmp_path: Path):
    values = np.linspace(-1, 1, 20, dtype=np.float32).reshape(4, 5)
    values[0, 0], values[3, 4] = -900, 900
    made = explanation(values)
    cut = clipped(made, 90)
    assert np.abs(cut.values).max() == pytest.approx(np.percentile(np.abs(values), 90))
    inside = np.abs(values) < np.abs(cut.values).max()
    assert np.array_equal(cut.values[inside], values[inside])
    assert scale_words(cut, "plain") == "heat (1 = percentile 90, above it alike)"
    assert scale_words(made, "plain") == "plain"
    assert clipped(made, None) is made
    assert made.values[3, 4] == 900
    made.save(tmp_path / "map.svg", percentile=90)
    assert "percentile 90" in (tmp_path / "map.svg").read_text("utf-8")
    signed = made.plot("signed", percentile=90)
    assert any("ends at percentile 90" in axes.get_ylabel() for axes in signed.axes)


@pytest.mark.parametrize("percentile", [0, 101, True])
def test_percentiles_that_cannot_be(percentile: object):
    with pytest.raises(OptionError, match="percentile is"):
        explanation().plot(percentile=percentile)


def test_what_has_no_such_scale():
    with pytest.raises(OptionError, match="has no percentile; those that have are overlay"):
        explanation(np.ones((2, 3), np.float32), "layer head").plot(percentile=99)
    with pytest.raises(UsageError, match="cuts the scale of a map"):
        clipped(explanation(np.ones((2, 3), np.float32), "layer head"), 99)
