"""What cannot be exported is refused, before work where possible, and nothing is written."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.explainers.tiny import as_model, images, load, resnet_module, vit_module
from vitxplain import load_model
from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.errors import OptionError, OutputError, UnsupportedModelError, UsageError
from vitxplain.explainers.cam import CAM
from vitxplain.export import export
from vitxplain.export.check import TOLERANCE, largest_differences, trial_images
from vitxplain.export.conversion import convert
from vitxplain.export.graph import Explained


@pytest.mark.parametrize(
    ("method", "why"),
    [
        ("grad-cam", "needs gradients, and an ONNX graph runs forward only"),
        ("gradient-attention", "needs gradients"),
        ("head-distance", "numbers for each layer and head, no map"),
        ("patch-pca", "numbers for each component and row and column, no map"),
        ("position-similarity", "one forward pass"),
    ],
)
def test_methods_that_cannot_be_exported_name_those_that_can(method: str, why: str):
    with pytest.raises(UnsupportedModelError, match=why) as error:
        export("no/such-model", method)  # found before a model is loaded
    assert "Those that can: attention-rollout, cam, patch-similarity, raw-attention" in str(error.value)


def test_method_that_does_not_fit(tmp_path: Path):
    with pytest.raises(UnsupportedModelError, match="cam needs a linear head"):
        export(load(vit_module), "cam", tmp_path / "a.onnx")
    with pytest.raises(UnsupportedModelError, match="attention-rollout needs attentions"):
        export(load(resnet_module), "rollout", tmp_path / "a.onnx")


def test_no_method_fits():
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 24 * 40, 5))
    with pytest.raises(UnsupportedModelError, match="no method that can be exported fits Sequential") as error:
        export(as_model(module))
    assert "attention-rollout: it has no attention" in str(error.value)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"opset": 7}, UsageError, "choose 18 to 23"),
        ({"path": "map.bin"}, UsageError, "such as map.onnx"),
        ({"discard": 0.5}, OptionError, "did you mean discard_ratio"),
    ],
)
def test_wrong_settings(settings: dict, error: type[Exception], words: str):
    with pytest.raises(error, match=words):
        export(load(vit_module), "rollout", **settings)


def test_half_precision_is_refused():
    with pytest.raises(UsageError, match="bfloat16 on cpu.*dtype='float32'"):
        export(load_model(vit_module(), mean=0.5, std=0.5, size=(24, 40), dtype="bfloat16"), "rollout")


def test_missing_packages_name_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(
        UsageError, match=r"needs onnxscript, which is not installed: pip install 'vitxplain\[export\]'"
    ):
        export(load(vit_module), "rollout")


class Branching(nn.Module):
    """Its way depends on the pixels, so no graph can hold it."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = resnet_module()

    def forward(self, pixel_values: Tensor) -> Tensor:
        return self.layers(pixel_values * 2 if pixel_values.mean() > 100 else pixel_values).logits


def test_model_that_cannot_be_traced_works_on(tmp_path: Path):
    model = as_model(Branching().eval())
    before = model.logits(images(1))
    with pytest.raises(
        UnsupportedModelError, match="Branching runs, but cannot be written as an ONNX graph: Could not guard on data"
    ):
        export(model, "cam", tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []
    assert torch.equal(model.logits(images(1)), before)


@dataclass(frozen=True)
class Fickle(CAM):
    """Another map while it is traced: what a plugin must not do."""

    def attribute(self, activation: LayerActivation) -> Tensor:
        found = super().attribute(activation)
        return found * 1.01 if torch.compiler.is_compiling() else found


def test_graph_that_differs_is_not_written(tmp_path: Path):
    with pytest.raises(OutputError, match=r"onnxruntime and PyTorch differ .*map by 1\.0e-02"):
        export(load(resnet_module), Fickle(), tmp_path / "a.onnx")
    assert list(tmp_path.iterdir()) == []


def test_check_sees_another_model():
    model, other = as_model(resnet_module()), as_model(resnet_module())
    graph = convert(Explained(model, CAM()), trial_images(model.processor, 1), None).SerializeToString()
    assert max(largest_differences(graph, model, CAM()).values()) < TOLERANCE
    with torch.no_grad():
        next(part for part in other.module.modules() if isinstance(part, nn.Linear)).weight.mul_(1.01)
    assert largest_differences(graph, other, CAM())["map"] > TOLERANCE
