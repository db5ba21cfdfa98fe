"""The options that nobody typed."""

import dataclasses
from pathlib import Path

import pytest
import torch

from tests.train.tiny import tiny
from vitxplain import load_model
from vitxplain.train.config.defaults import complete_config, complete_options
from vitxplain.train.config.options import TrainOptions
from vitxplain.train.config.run_config import RunConfig

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("image_size", "patch_size"), [(64, 8), (60, 6), ((60, 64), (6, 8)), ("56x60", (8, 6)), (61, 8), (28, 7)]
)
def test_the_patch_of_a_model_from_scratch_divides_its_image(image_size: object, patch_size: object):
    config = RunConfig("scratch", "digits", model_options={"image_size": image_size})
    assert complete_config(config).model_options["patch_size"] == patch_size


def test_a_patch_that_was_typed_stays():
    config = RunConfig("scratch", "digits", model_options={"image_size": 60, "patch_size": 10})
    assert complete_config(config).model_options["patch_size"] == 10


def test_what_is_left_open_is_worked_out():
    usual = complete_options(TrainOptions(), scratch=True, images=10_000, processes=1, device=CPU)
    assert (usual.epochs, usual.learning_rate, usual.eval_every, usual.precision) == (30, 1e-3, 313, "fp32")
    small = complete_options(TrainOptions(), scratch=False, images=50, processes=1, device=CPU)
    assert (small.epochs, small.learning_rate, small.eval_every) == (150, 5e-5, 50)  # 2 steps an epoch
    tiny = complete_options(TrainOptions(), scratch=True, images=50, processes=1, device=CPU)
    assert tiny.epochs == 200  # and not the thousand that 2,000 steps are
    head = complete_options(
        TrainOptions(mode="head", steps=7, save_every=3), scratch=False, images=50, processes=2, device=CPU
    )
    assert (head.epochs, head.learning_rate, head.save_every) == (None, 1e-3, 3)
    left = {field.name for field in dataclasses.fields(TrainOptions) if getattr(usual, field.name) is None}
    assert left == {"cut_at", "steps", "workers"}


def test_digits_need_no_options(tmp_path: Path):
    found = tiny(tmp_path / "run", model_options={}, data_options={}, options={"epochs": None, "steps": 1})
    model = load_model(found.folder, device="cpu")
    assert model.processor.input_size == (60, 60)
    assert model.grid is not None
    assert (model.grid.rows, model.grid.columns) == (10, 10)
