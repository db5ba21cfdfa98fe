"""A model that was loaded once, and whose module changes afterwards: what a freshly loaded one gives, always."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from vitxplain import explain, fitting, load_model
from vitxplain.models.vision_model import VisionModel

IMAGES = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def network(classes: int = 3) -> nn.Sequential:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 6, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, classes)]
    return nn.Sequential(*layers).eval()


def loaded(module: nn.Module, **options: object) -> VisionModel:
    return load_model(module, mean=0, std=1, size=16, **options)


def check(kept: VisionModel) -> None:
    fresh = loaded(copy.deepcopy(kept.module))
    for method in ("cam", "grad-cam"):
        one, other = explain(kept, IMAGES, method)[0], explain(fresh, IMAGES, method)[0]
        np.testing.assert_allclose(one.values, other.values, rtol=1e-4, atol=1e-6)
        assert one.prediction == other.prediction


def exchanged(module: nn.Sequential) -> None:
    for parameter in module.parameters():
        parameter.data = parameter.detach() + torch.randn_like(parameter)


def loaded_states(module: nn.Sequential) -> None:
    module.load_state_dict({name: tensor + 0.5 for name, tensor in module.state_dict().items()})


def frozen(module: nn.Sequential) -> None:
    module.requires_grad_(False)
    module[4].weight.add_(1)


def another_head(module: nn.Sequential) -> None:
    module[4] = nn.Linear(6, 5)


def half(module: nn.Sequential) -> None:
    module.to(torch.bfloat16)


def another_stride(module: nn.Sequential) -> None:
    module[0] = nn.Conv2d(3, 6, 3, 4, 1)


@pytest.mark.parametrize("change", [exchanged, loaded_states, frozen, another_head, half, another_stride])
def test_maps_are_those_of_a_model_loaded_now(change) -> None:
    kept = loaded(network())
    for method in ("cam", "grad-cam"):
        explain(kept, IMAGES, method)
    change(kept.module)
    check(kept)


def test_a_head_of_two_layers_takes_cam_away() -> None:
    kept = loaded(network())
    assert fitting(kept)["cam"] is None
    kept.module[4] = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3))
    assert "linear layer" in fitting(kept)["cam"]


def test_what_did_not_change_is_not_probed_again() -> None:
    kept = loaded(network())
    found = kept.probe()
    kept.module[0].weight.data.mul_(2)
    assert kept.probe() is found
    assert load_model(kept) is kept


def test_names_of_another_head_are_not_taken() -> None:
    kept = loaded(network(), labels=["cat", "dog", "cow"])
    assert set(explain(kept, IMAGES, "cam")[0].prediction.names) == {"cat", "dog", "cow"}
    another_head(kept.module)
    assert all(name.startswith("LABEL_") for name in explain(kept, IMAGES, "cam")[0].prediction.names)
