"""The options that nobody typed."""

from pathlib import Path

import pytest

from tests.train.tiny import tiny
from vitxplain import load_model
from vitxplain.train.config.defaults import complete_config
from vitxplain.train.config.run_config import RunConfig


@pytest.mark.parametrize(
    ("image_size", "patch_size"), [(64, 8), (60, 6), ((60, 64), (6, 8)), ("56x60", (8, 6)), (61, 8), (28, 7)]
)
def test_the_patch_of_a_model_from_scratch_divides_its_image(image_size: object, patch_size: object):
    config = RunConfig("scratch", "digits", model_options={"image_size": image_size})
    assert complete_config(config).model_options["patch_size"] == patch_size


def test_a_patch_that_was_typed_stays():
    config = RunConfig("scratch", "digits", model_options={"image_size": 60, "patch_size": 10})
    assert complete_config(config).model_options["patch_size"] == 10


def test_digits_need_no_options(tmp_path: Path):
    found = tiny(tmp_path / "run", model_options={}, data_options={}, options={"epochs": None, "steps": 1})
    model = load_model(found.folder, device="cpu")
    assert model.processor.input_size == (60, 60)
    assert model.grid is not None
    assert (model.grid.rows, model.grid.columns) == (10, 10)
