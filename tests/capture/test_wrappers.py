"""Modules come wrapped for several devices or for a compiler; what is watched is the module inside."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from tests.explainers import tiny
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.passes.shared_pass import shared_pass


def compiled(module: nn.Module) -> nn.Module:
    return torch.compile(module, backend="eager")


@pytest.mark.parametrize("wrap", [nn.DataParallel, compiled, lambda module: nn.DataParallel(compiled(module))])
def test_loading_takes_the_wrapper_off(wrap: Callable[[nn.Module], nn.Module]) -> None:
    module = tiny.vit_module()
    model = tiny.as_model(wrap(module))
    assert model.module is module
    assert model.source == "ViTForImageClassification"
    methods = [AttentionRollout(), GradCAM("vit.layers.1")]  # names as without the wrapper
    found = shared_pass(model, tiny.images(2), methods, 1).maps
    for one, other in zip(found, shared_pass(tiny.load(tiny.vit_module), tiny.images(2), methods, 1).maps, strict=True):
        torch.testing.assert_close(one, other)
