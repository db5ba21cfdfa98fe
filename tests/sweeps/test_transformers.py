"""Every image classifier of the installed transformers, tiny and random, with nothing but the model.

What was found is the table of supported models: `python -m tests.sweeps.write_table transformers` writes it anew.
"""

from importlib.util import find_spec

import pytest
import transformers

from tests.sweeps.checks import PLAIN_VIT, check_fits, check_rows, check_values, facts
from tests.sweeps.places import misplaced_keys
from tests.sweeps.table import read
from tests.sweeps.transformers_models import CLASSES, REFUSED, refusal, trial

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


@pytest.mark.parametrize("name", [pytest.param(name, marks=_marks(name)) for name in CLASSES if name not in REFUSED])
def test_model_is_explained(name: str) -> None:
    tried = trial(name)
    check_fits(tried.model, {"grad-cam"} | (PLAIN_VIT if name in PLAIN else set()))
    check_fits(tried.model, {"raw-attention"} if name in WINDOWED else set())
    check_values(tried.found)
    check_rows(tried.model, tried.pixel_values, tried.found)
    assert tried.changed == []
    assert misplaced_keys(tried.model, tried.pixel_values) == []
    found = facts(tried.model)
    assert found == read("transformers")[name]
    if name in POSITIONS:
        reason = found["reasons"].get("position-similarity", "")
        assert POSITIONS[name] in reason
        assert bool(POSITIONS[name]) == bool(reason)


@pytest.mark.parametrize("name", REFUSED)
def test_refusal(name: str) -> None:
    if "natten" in REFUSED[name] and find_spec("natten") is not None:
        pytest.skip("natten is installed")
    assert refusal(name) == REFUSED[name] == read("transformers")[name]["refused"]


def test_every_architecture_has_its_row() -> None:
    assert read("versions")["transformers"] == transformers.__version__
    assert set(read("transformers")) == set(CLASSES)
    assert {*PLAIN, *WINDOWED, *POSITIONS, *REFUSED} <= set(CLASSES)
