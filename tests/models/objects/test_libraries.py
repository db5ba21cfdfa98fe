"""Whose class an object is, without importing the library."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from tests.models.tiny_vit import tiny_vit
from vitxplain import explain
from vitxplain.models.objects.libraries import is_transformers_model


class Own(nn.Module):
    """Somebody's own network that keeps its settings as `config`."""

    def __init__(self, config: object) -> None:
        super().__init__()
        self.config = config
        self.net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


def test_a_model_of_transformers_is_told_by_its_class() -> None:
    assert is_transformers_model(tiny_vit())
    assert not is_transformers_model(Own(tiny_vit().config))


@pytest.mark.parametrize("config", [{"lr": 1}, "resnet", SimpleNamespace(patch_size=0), None], ids=repr)
def test_settings_called_config_are_anybodys(config: object) -> None:
    assert explain(Own(config), torch.zeros(3, 16, 16)).method == "grad-cam"


class Unready:
    """Settings that answer nothing yet, as those with values still to be filled in."""

    def __getattr__(self, name: str) -> None:
        raise RuntimeError(f"no {name} yet")


class Raising(Own):
    """A network whose settings cannot be had, and whose other names mean something else in other libraries."""

    pretrained_cfg, num_classes = "imagenet", 3

    @property
    def config(self) -> object:
        raise RuntimeError("not now")

    @config.setter
    def config(self, value: object) -> None: ...

    def set_attn_implementation(self, name: str) -> None:
        raise RuntimeError(f"no {name} here")


@pytest.mark.parametrize("module", [Own(Unready()), Raising(None)], ids=["unready", "raising"])
def test_nor_are_they_read(module: nn.Module) -> None:
    assert explain(module, torch.zeros(3, 16, 16)).method == "grad-cam"


def test_ready_pixels_need_no_processor() -> None:
    """A model made from a configuration has none."""
    assert explain(tiny_vit(), torch.zeros(3, 32, 32), "attention-rollout").values.shape == (4, 4)
