"""Explanations as rows, frames of pandas and named arrays."""

import sys

import numpy as np
import pytest

from tests.explanations import detected, explanation
from vitxplain.errors import OptionError, UsageError
from vitxplain.explanation.explanation_list import ExplanationList
from vitxplain.explanation.tables import COLUMNS, csv_of, row_of


def test_a_row_says_target_prediction_and_where_the_heat_is():
    made = explanation(np.array([[0.0, 0.0], [0.0, 1.0]]), size=(40, 80), provenance={"input": "a.jpg", "seconds": 2})
    row = row_of(made)
    assert [row[name] for name in ("input", "target", "target_index", "predicted", "seconds")] == [
        *("a.jpg", "tench, Tinca tinca", 0, "tench, Tinca tinca", 2),
    ]
    heat = made.heatmap()
    assert row["mean_heat"] == pytest.approx(heat.mean(), abs=1e-6)
    assert row["share_above_half"] == pytest.approx((heat > 0.5).mean(), abs=1e-6)
    assert (row["left"], row["top"], row["right"], row["bottom"]) == made.boxes()[0]
    assert row_of(detected(1))["predicted"] == "dog"
    assert row_of(explanation(axes="layer head", target=None))["mean_heat"] is None


def test_several_explanations_are_one_table():
    several = ExplanationList([explanation(), detected(1)])
    frame = several.to_pandas()
    assert list(frame.columns) == list(COLUMNS)
    assert list(frame["target"]) == ["tench, Tinca tinca", "cat, kitten"]
    lines = csv_of(several).decode().splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert len(lines) == 3


def test_values_as_a_named_array():
    pytest.importorskip("xarray")
    array = explanation(axes="layer head row column").to_xarray()
    assert array.dims == ("layer", "head", "row", "column")
    assert array.sel(layer=3, head=1).shape == (3, 5)
    assert array.attrs["method"] == "grad-cam"
    assert "layer" not in explanation(np.ones((1, 3, 5)), "layer row column", options={"layer": 7}).to_xarray().coords


@pytest.mark.parametrize(("library", "way_out"), [("xarray", r'pip install "vitxplain\[xarray\]"'), ("pandas", "pip")])
def test_a_library_that_is_missing_is_named_with_the_way_to_it(monkeypatch, library, way_out):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UsageError, match=way_out):
        explanation().to_xarray() if library == "xarray" else ExplanationList([explanation()]).to_pandas()


def test_a_mask_of_a_share_of_all_heat_has_the_fewest_pixels():
    made = explanation(np.random.default_rng(0).random((3, 5)))
    heat = made.heatmap()
    for mass in (0.1, 0.6, 1.0):
        mask = made.mask(mass=mass)
        assert heat[mask].sum() >= (mass - 1e-6) * heat.sum()
        smallest = np.where(mask)[0].size and heat[mask].min()
        assert heat[mask].sum() - smallest < mass * heat.sum()
        assert mask.all() or heat[~mask].max() <= smallest
    assert made.boxes(mass=0.1)
    assert not explanation(np.zeros((3, 5))).mask(mass=0.5).any()
    with pytest.raises(OptionError, match=r"mass is 0; it takes a share"):
        made.mask(mass=0)
    with pytest.raises(OptionError, match=r"two ways to choose pixels; give one"):
        made.boxes(0.5, mass=0.5)
