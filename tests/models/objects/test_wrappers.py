"""Wrappers are taken off, however many; what is left is the same network with its own names."""

from pathlib import Path

import numpy as np
import peft
import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel

from tests.models.tiny_vit import tiny_vit
from vitxplain import explain, load_model
from vitxplain.errors import ModelLoadError
from vitxplain.models.objects.wrappers import unwrap

PIXELS = torch.linspace(-1, 1, 2 * 3 * 32 * 32).reshape(2, 3, 32, 32)
pytestmark = pytest.mark.filterwarnings(
    "ignore:`is_gradient_checkpointing`:FutureWarning"
)  # peft asks transformers for it
METHODS = ("attention-rollout", "gradient-attention", "grad-cam")


def with_adapters(module: nn.Module, **settings: object) -> peft.PeftModel:
    """LoRA on queries and values, with weights that change what the model says."""
    names = {name.rpartition(".")[2] for name, _ in module.named_modules()}
    targets = sorted(names & {"query", "value", "q_proj", "v_proj"})
    model = peft.get_peft_model(module, peft.LoraConfig(r=2, target_modules=targets, **settings))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                parameter.normal_(std=0.3)
    return model.eval()


def maps(model: object) -> list[np.ndarray]:
    return [one.values for method in METHODS for one in explain(model, PIXELS, method, target=[1, 2])]


def test_every_wrapper_goes() -> None:
    module = nn.Linear(2, 2)
    assert unwrap(module) is module
    assert unwrap(nn.DataParallel(module)) is module
    assert unwrap(nn.DataParallel(torch.compile(nn.DataParallel(module), backend="eager"))) is module
    averaged = AveragedModel(module)
    assert unwrap(averaged) is averaged.module


def test_distributed_wrappers_go(tmp_path: Path) -> None:
    module = nn.Linear(2, 2)
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/store", rank=0, world_size=1)
    try:
        assert unwrap(nn.parallel.DistributedDataParallel(module)) is module
    finally:
        torch.distributed.destroy_process_group()


def test_a_module_that_holds_another_stays() -> None:
    """Its forward may do more than the one inside."""

    class Doubled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.module = nn.Linear(2, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * self.module(x)

    module = Doubled()
    assert unwrap(module) is module


def test_adapters_of_peft_are_explained_as_they_are_merged() -> None:
    adapted = with_adapters(tiny_vit(), modules_to_save=["classifier"])
    wrapped = maps(nn.DataParallel(torch.compile(adapted, backend="eager")))
    plain = maps(adapted)
    merged = maps(adapted.merge_and_unload())
    for one, two, expected in zip(wrapped, plain, merged, strict=True):
        np.testing.assert_allclose(one, two)
        np.testing.assert_allclose(one, expected, rtol=1e-3, atol=1e-5)


def test_layers_have_the_names_of_the_base_model() -> None:
    adapted = with_adapters(tiny_vit())
    layer = "vit.layers.1"
    by_name = explain(adapted, PIXELS[0], "grad-cam", layer=layer)
    assert by_name.options["layer"] == layer
    assert load_model(adapted, mean=0.5, std=0.5, size=32).module is adapted.base_model.model


def test_prompts_are_refused() -> None:
    class PeftModel(nn.Module):
        __module__ = "peft.peft_model"
        active_adapter = "default"

        def __init__(self) -> None:
            super().__init__()
            self.base_model = nn.Linear(2, 2)

    with pytest.raises(ModelLoadError, match="learns prompts, not layers"):
        unwrap(PeftModel())


class Task(nn.Module):
    """What Lightning users write: a step for training, and no forward."""

    def __init__(self, **networks: nn.Module) -> None:
        super().__init__()
        self.loss = nn.CrossEntropyLoss()
        for name, network in networks.items():
            self.add_module(name, network)


def test_a_module_without_a_forward_is_the_only_network_it_holds() -> None:
    module = tiny_vit()
    assert unwrap(Task(net=nn.DataParallel(module))) is module
    with pytest.raises(ModelLoadError, match=r"Task has no forward.*module\.net, module\.ema.*load_model\(module\.net"):
        unwrap(Task(net=module, ema=tiny_vit()))
    with pytest.raises(ModelLoadError, match=r"Task has no forward.*no network"):
        unwrap(Task())
    own = Task(net=module, ema=tiny_vit())
    own.forward = lambda pixels: own.net(pixels).logits
    assert unwrap(own) is own
