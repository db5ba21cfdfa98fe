"""Which methods "all" stands for."""

import pytest

from tests.tasks.colours import detector
from vitxplain.evaluation.plan.methods import chosen_methods
from vitxplain.models.vision_model import VisionModel


@pytest.fixture(scope="module")
def model() -> VisionModel:
    return detector()


@pytest.mark.parametrize(
    ("methods", "options", "masks"),
    [
        (["all"], {}, None),
        (["all", "drise"], {}, 1000),
        (["all"], {"d-rise.masks": 50}, 50),
        (["d-rise"], {}, 1000),
    ],
)
def test_all_leaves_out_what_takes_very_many_passes(model: VisionModel, methods: list[str], options: dict, masks: int):
    chosen = chosen_methods(model, methods, options, None)
    assert getattr(chosen.explainers.get("d-rise"), "masks", None) == masks
    assert not chosen.reasons
    sentence = "d-rise is left out of all: it takes 1,000 forward passes for each image and target."
    assert [note.partition(" --methods")[0] for note in chosen.left_out] == ([] if masks else [sentence])
