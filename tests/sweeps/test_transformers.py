"""Every image classifier of the installed transformers, tiny and random, with nothing but the model.

What was found is the table of supported models: `python -m tests.sweeps.write_table transformers` writes it anew.
"""

from functools import lru_cache
from importlib.util import find_spec

import pytest
import transformers

from tests.sweeps.checks import PLAIN_VIT, check_fits, check_rows, check_values, facts
from tests.sweeps.places import misplaced_keys
from tests.sweeps.table import read
from tests.sweeps.transformers_models import CLASSES, REFUSED, Trial, refusal, trial
from vitxplain.explainers.passes.fit import fitting

pytestmark = pytest.mark.slow

# Plain vision transformers: every layer asks the same patches.
PLAIN = """
    BeitForImageClassification CLIPForImageClassification Data2VecVisionForImageClassification
    DeiTForImageClassification DeiTForImageClassificationWithTeacher Dinov2ForImageClassification
    Dinov2WithRegistersForImageClassification IJepaForImageClassification MetaClip2ForImageClassification
    Siglip2ForImageClassification SiglipForImageClassification TimmWrapperForImageClassification
    ViTForImageClassification ViTMSNForImageClassification
""".split()
WINDOWED = ["DonutSwinForImageClassification", "HieraForImageClassification", "MobileViTForImageClassification"]
WINDOWED += ["SwinForImageClassification", "Swinv2ForImageClassification"]

# Why position-similarity does not fit, where there is no table; "" where it does.
POSITIONS = {
    "BeitForImageClassification": "relative",
    "CvtForImageClassification": "no learned table",
    "DonutSwinForImageClassification": "relative",
    "IJepaForImageClassification": "",
    "LevitForImageClassification": "relative",
    "PvtForImageClassification": "",
    "Siglip2ForImageClassification": "",
    "SwinForImageClassification": "relative",
    "Swinv2ForImageClassification": "relative",
    "ViTForImageClassification": "",
}


def _marks(name: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.peers] if name.startswith("TimmWrapper") else []  # needs timm


@pytest.fixture(params=[pytest.param(name, marks=_marks(name)) for name in CLASSES if name not in REFUSED])
def tried(request: pytest.FixtureRequest) -> Trial:
    return _trial(request.param)


_trial = lru_cache(maxsize=None)(trial)


def test_every_method_that_fits_says_something_of_each_image(tried: Trial) -> None:
    check_values(tried.found)


def test_row_of_a_batch_is_the_image_alone(tried: Trial) -> None:
    check_rows(tried.model, tried.pixel_values, tried.found)


def test_model_is_left_as_found(tried: Trial) -> None:
    assert tried.changed == []


def test_keys_lie_where_the_probe_says(tried: Trial) -> None:
    assert misplaced_keys(tried.model, tried.pixel_values) == []


def test_what_must_fit_fits(tried: Trial) -> None:
    check_fits(tried.model, {"grad-cam"} | (PLAIN_VIT if tried.name in PLAIN else set()))
    check_fits(tried.model, {"raw-attention"} if tried.name in WINDOWED else set())


def test_table_says_what_was_found(tried: Trial) -> None:
    assert facts(tried.model) == read("transformers")[tried.name]


@pytest.mark.parametrize(("name", "why"), POSITIONS.items())
def test_positions(name: str, why: str) -> None:
    reason = fitting(_trial(name).model)["position-similarity"]
    assert why in reason if why else reason is None


@pytest.mark.parametrize("name", REFUSED)
def test_refusal(name: str) -> None:
    if "natten" in REFUSED[name] and find_spec("natten") is not None:
        pytest.skip("natten is installed")
    assert refusal(name) == REFUSED[name] == read("transformers")[name]["refused"]


def test_every_architecture_has_its_row() -> None:
    assert read("versions")["transformers"] == transformers.__version__
    assert set(read("transformers")) == set(CLASSES)
    assert {*PLAIN, *WINDOWED, *POSITIONS, *REFUSED} <= set(CLASSES)
