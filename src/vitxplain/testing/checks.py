"""The promises of a method, one check each; a broken one is an AssertionError that says what to do."""

from collections.abc import Callable
from typing import Final

from vitxplain.models.vision_model import VisionModel
from vitxplain.testing.cases import Method
from vitxplain.testing.construction import default_construction, pickles, repr_evaluates
from vitxplain.testing.footprint import model_stays_as_found
from vitxplain.testing.values import (
    images_do_not_mix,
    is_deterministic,
    shape_fits_axes,
    target_matters_if_stated,
    values_are_finite,
)

CHECKS: Final[tuple[Callable[..., None], ...]] = (
    default_construction,
    repr_evaluates,
    pickles,
    shape_fits_axes,
    values_are_finite,
    is_deterministic,
    images_do_not_mix,
    model_stays_as_found,
    target_matters_if_stated,
)


def check_explainer(method: Method, model: VisionModel | None = None) -> None:
    """Run every check.

    Args:
        method: a registered name, a class (its defaults are used) or an instance.
        model: a model that the method fits; by default each of the two small ones that it does fit.

    Raises:
        AssertionError: a promise is broken.
    """
    __tracebackhide__ = True
    for check in CHECKS:
        check(method, model)
