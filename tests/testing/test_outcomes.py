"""What the author of a plugin is told by a check that fails: the reason, and the frames of their own code."""

import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugin_site import add_package, plugin_site, plugins  # noqa: F401 - fixtures
from vitxplain.testing import checks

SOURCE = '''
from dataclasses import dataclass
from vitxplain.plugins import AttentionExplainer

@dataclass(frozen=True)
class Own(AttentionExplainer):
    """Of an author who is at work."""

    needs = frozenset({"attentions"})
    axes = "batch row column"
    class_specific = False

    def keep(self, record):
        return KEPT

    def combine(self, kept, grid):
        return kept[-1]
'''


@pytest.fixture
def failure(plugins: Path) -> Callable[..., AssertionError]:  # noqa: F811 - the fixture
    """`failure(kept, check)`: what a check of an installed method says that keeps this of a layer."""

    def run(kept: str, check: str = "shape_fits_axes") -> AssertionError:
        add_package(plugins, "own-plugin", SOURCE.replace("KEPT", kept), {"own": "Own"})
        with pytest.raises(AssertionError) as caught:
            getattr(checks, check)("own")
        return caught.value

    return run


def test_a_shape_that_does_not_fit_says_which_would_and_why(failure: Callable[..., AssertionError]):
    error = failure("record.fuse_heads('mean').mean(1)")
    assert str(error) == (
        "it gave the shape (3, 25) for 3 images, not 'batch row column'; expected (3, 4, 6): 25 = 24 patches + 1 token "
        "beside them; use record.grid.to_map"
    )
    assert error.__cause__ is None
    assert error.__suppress_context__


def test_an_error_is_shown_where_the_author_made_it(failure: Callable[..., AssertionError]):
    error = failure("{}['weights']")
    assert str(error) == "KeyError: 'weights'"
    assert error.__cause__ is not None
    frames = traceback.extract_tb(error.__cause__.__traceback__)
    assert [(Path(frame.filename).name, frame.name) for frame in frames] == [("own_plugin.py", "keep")]


def test_values_that_are_no_numbers_have_their_check(failure: Callable[..., AssertionError]):
    error = failure("record.grid.to_map(record.fuse_heads('mean').mean(1)) * float('nan')", "values_are_finite")
    assert str(error) == "it gave values that are no numbers (NaN or infinity)"
    checks.shape_fits_axes("own")
    checks.model_stays_as_found("own")


def test_a_map_that_lies_on_no_grid_of_the_model_is_refused(failure: Callable[..., AssertionError]):
    error = failure("record.fuse_heads('mean')")
    assert str(error) == (
        "it gave the shape (3, 25, 25) for 3 images; expected (3, 4, 6), 'batch row column' on the grid of the "
        "attention; record.grid.to_map lays tokens out"
    )


def test_a_name_that_nobody_offers_asks_for_an_installation():
    with pytest.raises(
        AssertionError, match=r"no installed package offers the method 'owm'; install yours \(pip install -e"
    ):
        checks.pickles("owm")
