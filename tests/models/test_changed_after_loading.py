"""A model that was loaded once, and whose module changes afterwards: what a freshly loaded one gives, always."""

import copy

import numpy as np
import pytest
import torch
import transformers
from torch import nn

from vitxplain import explain, explain_together, fitting, load_model
from vitxplain.errors import TargetError
from vitxplain.explainers.cam import CAM
from vitxplain.models.structure import structure
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


def test_a_name_of_another_head_is_no_target() -> None:
    kept = loaded(network(), labels=["cat", "dog", "cow"])
    assert explain(kept, IMAGES, "cam", target="cow")[0].target.index == 2
    another_head(kept.module)
    with pytest.raises(TargetError, match=r"no class named 'cow'. Its 5 classes have no names but LABEL_0 to LABEL_4"):
        explain(kept, IMAGES, "cam", target="cow")
    with pytest.raises(TargetError, match="no class named 'cow'"):
        CAM().explain(kept, IMAGES, "cow")
    for target in ("LABEL_4", 4):
        assert explain(kept, IMAGES, "cam", target=target)[0].target.index == 4
    with pytest.raises(TargetError, match="5 classes, 0 to 4"):
        explain(kept, IMAGES, "cam", target=5)


@pytest.mark.parametrize("classes", [2, 5])
def test_labels_of_a_classifier_in_memory_follow_its_outputs(classes: int) -> None:
    config = transformers.ResNetConfig(
        embedding_size=4, hidden_sizes=[4, 6], depths=[1, 1], layer_type="basic", num_labels=3
    )
    config.id2label = {0: "cat", 1: "dog", 2: "cow"}
    module = transformers.ResNetForImageClassification(config).eval()
    assert dict(loaded(module).labels) == config.id2label
    module.classifier = nn.Sequential(nn.Flatten(), nn.Linear(6, classes))
    model = loaded(module)
    assert list(model.labels.values()) == [f"LABEL_{index}" for index in range(classes)]
    assert explain(model, IMAGES, "grad-cam", target=classes - 1)[0].target.index == classes - 1
    with pytest.raises(TargetError, match="no class named 'cow'"):
        explain(module, IMAGES, "grad-cam", target="cow")


def test_structure_is_read_once_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = loaded(network())
    kept.probe((16, 16))
    reads: list[int] = []

    def counted(module: nn.Module) -> int:
        reads.append(structure(module))
        return reads[-1]

    monkeypatch.setattr("vitxplain.models.vision_model.structure", counted)
    explain_together(kept, IMAGES, ["auto", "cam"], target=1)
    assert len(reads) == 1
