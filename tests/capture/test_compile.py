"""Compiled models are explained as written: the same maps, and compiled as before afterwards."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.capture.state import state
from tests.explainers import tiny
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.models.vision_model import VisionModel

METHODS = [AttentionRollout(), GradientAttention(), GradCAM()]


def wrapped(module: nn.Module) -> nn.Module:
    return torch.compile(module, backend="eager", fullgraph=True)


def in_place(module: nn.Module) -> nn.Module:
    module.compile(backend="eager", fullgraph=True)
    return module


def with_autograd(module: nn.Module) -> nn.Module:
    return torch.compile(module, backend="aot_eager", fullgraph=True)


def layer_by_layer(module: nn.Module) -> nn.Module:
    for layer in module.vit.layers:
        layer.compile(backend="eager", fullgraph=True)
    return module


def a_layer_replaced(module: nn.Module) -> nn.Module:
    module.vit.layers[1] = torch.compile(module.vit.layers[1], backend="eager")
    return module


def a_function_inside(module: nn.Module) -> nn.Module:
    attention = module.vit.layers[0].attention
    attention.forward = torch.compile(attention.forward, backend="eager")
    return module


def maps(model: VisionModel) -> list[Tensor]:
    return shared_pass(model, tiny.images(2), METHODS, 1).maps


@pytest.mark.parametrize(
    "compiled",
    [wrapped, in_place, with_autograd, layer_by_layer, a_layer_replaced, a_function_inside],
    ids=lambda one: one.__name__,
)
@pytest.mark.parametrize("warm", [False, True], ids=["never run", "run before"])
def test_compiled_models_give_the_same_maps(compiled: Callable[[nn.Module], nn.Module], warm: bool) -> None:
    torch._dynamo.reset()
    module = compiled(tiny.vit_module())
    if warm:
        with torch.no_grad():
            logits = module(tiny.images(2)).logits
    model = tiny.as_model(module)
    before = state(model.module)
    for one, other in zip(maps(model), maps(tiny.load(tiny.vit_module)), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)
    assert state(model.module) == before
    if warm:
        with torch.no_grad():
            torch.testing.assert_close(module(tiny.images(2)).logits, logits)


def test_the_model_still_compiles_afterwards() -> None:
    torch._dynamo.reset()
    module = tiny.vit_module()
    graphs: list[torch.fx.GraphModule] = []

    def backend(graph: torch.fx.GraphModule, example_inputs: list) -> Callable:
        graphs.append(graph)
        return graph.forward

    module.compile(backend=backend, fullgraph=True)
    maps(tiny.as_model(module))
    assert not graphs  # nothing was compiled for the sake of an explanation
    with torch.no_grad():
        module(tiny.images(2))
    assert graphs


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.torch.jit.script_method")  # torch's own
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler (apt-get install g++)")
def test_a_model_that_the_default_backend_has_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    torch._dynamo.reset()
    module = torch.compile(tiny.vit_module())
    with torch.no_grad():
        logits = module(tiny.images(2)).logits
    compiled = list(tmp_path.rglob("*.so"))
    assert compiled
    for one, other in zip(maps(tiny.as_model(module)), maps(tiny.load(tiny.vit_module)), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)
    with torch.no_grad():
        torch.testing.assert_close(module(tiny.images(2)).logits, logits, atol=0, rtol=0)
    assert list(tmp_path.rglob("*.so")) == compiled  # nothing was compiled again
