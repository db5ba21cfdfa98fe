"""What every method promises, and a planted truth that every class-specific one must find."""

import pytest
from vitxplain_compared.ensemble import Ensemble
from vitxplain_compared.legrad import LeGrad
from vitxplain_compared.mirror_average import MirrorAverage
from vitxplain_compared.token_transformation import TokenTransformation

from tests.explainers.planted import COLUMNS, GREEN, RED, PlantedViT, picture, planted
from vitxplain.testing import CHECKS

METHODS = [Ensemble, LeGrad, MirrorAverage, TokenTransformation]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("method", METHODS)
def test_keeps_the_contract(method, check):
    check(method)


@pytest.mark.parametrize(("target", "place"), [(0, RED), (1, GREEN)])
@pytest.mark.parametrize("method", METHODS)
def test_peaks_at_the_patch_that_is_the_logit(method, target, place):
    found = method().explain(planted(PlantedViT()), picture(), target)[0]
    assert divmod(int(found.argmax()), COLUMNS) == place
