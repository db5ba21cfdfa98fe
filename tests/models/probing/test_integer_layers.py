"""Quantised models: attention is looked at, gradients are refused."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from tests.explainers import tiny
from vitxplain import explain, fitting
from vitxplain.errors import UnsupportedModelError


def quantised(module: nn.Module) -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.ao is about to move
        return torch.ao.quantization.quantize_dynamic(module, {nn.Linear}, dtype=torch.qint8)


@pytest.fixture(scope="module")
def module() -> nn.Module:
    return quantised(tiny.vit_module())


def test_maps_of_attention_are_nearly_those_of_the_model_it_was_made_of(module: nn.Module) -> None:
    images = tiny.images(1)
    for method in ("attention-rollout", "raw-attention"):
        here, there = (explain(tiny.as_model(one), images, method)[0] for one in (module, tiny.vit_module()))
        assert np.corrcoef(here.values.ravel(), there.values.ravel())[0, 1] > 0.9
        assert here.provenance["model"]["sha256"] != there.provenance["model"]["sha256"]


@pytest.mark.parametrize("method", ["grad-cam", "gradient-attention", "cam", "auto"])
def test_gradients_are_refused(module: nn.Module, method: str) -> None:
    with pytest.raises(UnsupportedModelError, match=r"it is quantised \(vit\.\S+ computes with whole numbers\)"):
        explain(tiny.as_model(module), tiny.images(1), method)
    assert fitting(tiny.as_model(module))["attention-rollout"] is None
