"""Randomisation: maps that need the weights lose their order, maps that do not keep it."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from vitxplain import load_model
from vitxplain.evaluation.maps.model_queries import ModelQueries, control_queries, method_queries, randomised_models
from vitxplain.explainers.passes.choose import build
from vitxplain.metrics.base import Case
from vitxplain.metrics.controls import edges
from vitxplain.metrics.randomisation import Randomisation

PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8))


def explained(subject: ModelQueries) -> Case:
    return Case(subject.explain([PHOTO])[0].astype(float), PHOTO, None, subject)


def subject(folder: Path, method: str) -> ModelQueries:
    return method_queries(load_model(folder), 1, build([method], {})[method])


def test_a_map_that_does_not_ask_the_model_keeps_all_of_its_order(vit_folder: Path):
    case = explained(control_queries(load_model(vit_folder), 1, edges))
    assert Randomisation().correlations(case) == pytest.approx([1, 1, 1])
    assert Randomisation().score(case) == pytest.approx(1)


@pytest.mark.parametrize(
    ("model", "method"),
    [
        ("vit", "gradient-attention"),
        ("vit", "attention-rollout"),
        ("vit", "grad-cam"),
        ("cnn", "grad-cam"),
        ("cnn", "cam"),
    ],
)
def test_a_map_of_the_model_changes_with_its_weights(model: str, method: str, request: pytest.FixtureRequest):
    case = explained(subject(request.getfixturevalue(f"{model}_folder"), method))
    metric = Randomisation(stages=2)
    found = metric.correlations(case)
    assert metric.score(case) == pytest.approx(np.mean(found))
    assert 0 <= metric.score(case) < 0.95
    assert found == metric.correlations(case)
    assert found != Randomisation(stages=2, seed=1).correlations(case)


def test_only_what_lies_above_is_randomised_first(vit_folder: Path):
    case = explained(subject(vit_folder, "attention-rollout"))  # does not look at the head, which is the first to go
    left = Randomisation(stages=10).correlations(case)
    assert left[0] == pytest.approx(1)
    assert left[-1] < 0.9


def test_an_inverted_map_is_no_better_than_the_same_one(vit_folder: Path):
    case = explained(control_queries(load_model(vit_folder), 1, edges))
    inverted = replace(case, heat=-case.heat)
    assert Randomisation().score(inverted) == pytest.approx(1)


def test_constant_maps(vit_folder: Path):
    flat = np.zeros((32, 32))
    asked = control_queries(load_model(vit_folder), 1, lambda _: flat)
    assert math.isnan(Randomisation().score(Case(flat, PHOTO, None, asked)))
    assert Randomisation().score(Case(edges(PHOTO), PHOTO, None, asked)) == 0


def test_copies_are_made_once_a_model_and_the_model_stays_as_it_was(vit_folder: Path):
    model = load_model(vit_folder)
    before = {name: value.clone() for name, value in model.module.state_dict().items()}
    first = randomised_models(model, 2, 0)
    assert all(one is other for one, other in zip(first, randomised_models(model, 2, 0), strict=True))
    assert len(randomised_models(model, 3, 0)) == 3
    assert all(torch.equal(value, before[name]) for name, value in model.module.state_dict().items())
    assert not any(one.module is model.module for one in first)
