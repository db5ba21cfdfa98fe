"""Every family of torchvision's classifiers, random, with nothing but the model.

What was found is the table of supported models: `python -m tests.sweeps.write_table torchvision` writes it anew.
"""

from importlib.metadata import version

import pytest

from tests.sweeps.checks import PLAIN_VIT, check_fits, check_rows, check_values, facts
from tests.sweeps.table import read
from tests.sweeps.torchvision_models import FAMILIES, MODELS, trial

pytestmark = [pytest.mark.peers, pytest.mark.slow]

MUST_FIT = {
    "vit_b_16": PLAIN_VIT | {"grad-cam", "position-similarity"},
    "swin_t": {"grad-cam", "cam", "raw-attention"},
    "swin_v2_t": {"grad-cam", "cam", "raw-attention"},
    "maxvit_t": {"grad-cam", "raw-attention"},
}


@pytest.mark.parametrize("name", MODELS)
def test_model_is_explained(name: str) -> None:
    tried = trial(name)
    check_fits(tried.model, MUST_FIT.get(name, {"grad-cam"}))
    check_values(tried.found)
    check_rows(tried.model, tried.pixel_values, tried.found)
    assert tried.changed == []
    assert {"family": MODELS[name]} | facts(tried.model) == read("torchvision")[name]


def test_every_family_is_tried() -> None:
    from torchvision import models

    families = {models.get_model_builder(name).__module__.rpartition(".")[2] for name in models.list_models(models)}
    assert families == set(FAMILIES)
    for name, family in MODELS.items():
        assert models.get_model_builder(name).__module__.rpartition(".")[2] == family


def test_every_model_has_its_row() -> None:
    assert read("versions")["torchvision"] == version("torchvision")
    assert set(read("torchvision")) == set(MODELS)
