"""Quantised models: attention is looked at, gradients are refused."""

import copy
import warnings

import numpy as np
import pytest
import torch
from torch import nn
from transformers import Dinov2Config, Dinov2ForImageClassification

from tests.explainers import tiny
from tests.models.tiny_vit import tiny_vit
from vitxplain import explain, fitting, load_model
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


def test_what_the_logits_are_read_from_is_found_without_a_gradient() -> None:
    config = Dinov2Config(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, image_size=32, patch_size=8)
    torch.manual_seed(0)
    of_both = Dinov2ForImageClassification(config).eval()  # the class token, and the patches' mean
    for module in (of_both, tiny_vit()):
        grids = [
            load_model(each, mean=0.5, std=0.5, size=32).grid for each in (module, quantised(copy.deepcopy(module)))
        ]
        assert grids[1] is not None
        assert grids[0] == grids[1]
    assert len(grids[1].readout) == 1


@pytest.mark.parametrize("method", ["grad-cam", "gradient-attention", "cam", "auto"])
def test_gradients_are_refused(module: nn.Module, method: str) -> None:
    with pytest.raises(UnsupportedModelError, match=r"it is quantised \(vit\.\S+ computes with whole numbers\)"):
        explain(tiny.as_model(module), tiny.images(1), method)
    assert fitting(tiny.as_model(module))["attention-rollout"] is None
