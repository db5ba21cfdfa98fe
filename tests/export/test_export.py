"""The exported graph gives what `explain` gives, for any number of images, without PyTorch."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import transformers
from PIL import Image
from torch import nn

from tests.explainers.tiny import (
    SIZE,
    as_model,
    distilled_module,
    images,
    registers_module,
    resnet_module,
    sharpened,
    swin_module,
    vit_module,
)
from vitxplain import explain, load_model
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import patch_map
from vitxplain.export import Exported, export
from vitxplain.models.scratch.scratch import scratch
from vitxplain.models.vision_model import VisionModel


def mean_pooled_module() -> nn.Module:
    torch.manual_seed(0)
    config = transformers.BeitConfig(
        image_size=32,
        patch_size=8,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=7,
        use_mean_pooling=True,
    )
    return sharpened(transformers.BeitForImageClassification(config))


def scratch_module() -> nn.Module:
    torch.manual_seed(0)
    options = {"image_size": SIZE, "patch_size": 8, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    return sharpened(scratch("vit", [str(label) for label in range(7)], options)).eval()


def eager_module() -> nn.Module:
    return vit_module("eager")


BUILDS: dict[str, tuple[Callable[[], nn.Module], tuple[int, int]]] = {
    "vit": (vit_module, SIZE),
    "eager": (eager_module, SIZE),
    "distilled": (distilled_module, SIZE),
    "registers": (registers_module, (32, 32)),
    "mean-pooled": (mean_pooled_module, (32, 32)),
    "scratch": (scratch_module, SIZE),
    "swin": (swin_module, (32, 32)),
    "resnet": (resnet_module, SIZE),
}
CASES: list[Any] = [
    ("vit", "attention-rollout", {"discard_ratio": 0.5, "head_fusion": "max", "start_layer": 1}),
    *(
        pytest.param(*case, marks=pytest.mark.slow)
        for case in [
            ("vit", "attention-rollout", {}),
            ("vit", "raw-attention", {"layer": 1, "head": 0}),
            ("eager", "attention-rollout", {"head_fusion": "min"}),
            ("distilled", "attention-rollout", {}),
            ("registers", "raw-attention", {}),
            ("mean-pooled", "attention-rollout", {}),
            ("scratch", "attention-rollout", {}),
            ("swin", "raw-attention", {}),
            ("swin", "raw-attention", {"query": 3}),
            ("swin", "cam", {}),
            ("resnet", "cam", {}),
            ("mean-pooled", "raw-attention", {"query": "1,2", "mass": 0.6}),
            ("vit", "patch-similarity", {"query": "1,2"}),
        ]
    ),
]


def run(path: Path, pixels: torch.Tensor) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    return dict(zip(names, session.run(names, {"pixel_values": pixels.numpy()}), strict=True))


def probabilities(explanation: Explanation) -> np.ndarray:
    """Of all classes, in the order of their indices."""
    order = np.argsort(explanation.prediction.indices)
    return np.array(explanation.prediction.probabilities)[order]


def check(path: Path, model: VisionModel, method: str, options: dict[str, Any], count: int) -> None:
    """File and `explain` on images the export did not see."""
    pixels = images(count, model.processor.input_size, seed=100 + count)
    found = run(path, pixels)
    assert list(found) == ["probabilities", "map"]
    expected = explain(model, pixels, method, top_k=len(model.labels), **options)
    maps = np.stack([patch_map(one.values, one.axes, one.method) for one in expected])
    np.testing.assert_allclose(found["map"], maps, rtol=0, atol=1e-4 * np.abs(maps).max())
    np.testing.assert_allclose(found["probabilities"], [probabilities(one) for one in expected], rtol=0, atol=1e-5)
    assert found["map"].std() > 1e-3 * np.abs(found["map"]).max()  # no constant, which would agree with any


@pytest.mark.parametrize(("name", "method", "options"), CASES)
def test_file_gives_what_explain_gives_at_any_batch_size(
    name: str, method: str, options: dict[str, Any], tmp_path: Path
):
    build, size = BUILDS[name]
    model = as_model(build(), size)
    made = export(model, method, tmp_path / "a.onnx", **options)
    assert made.method == method
    assert max(made.differences.values()) < 1e-5
    for count in (1, 2, 5):
        check(made.path, model, method, options, count)


CLASSES = ["circle", "square, box", "star", "Kreuz ✚", "line"]


@pytest.fixture(scope="module")
def trained() -> nn.Module:
    """A module as training leaves it: in training mode."""
    return resnet_module().train()


@pytest.fixture(scope="module")
def made(trained: nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    model = load_model(trained, mean=(0.5, 0.4, 0.3), std=(0.5, 0.25, 0.2), size=SIZE, labels=CLASSES)
    return export(model, "auto", tmp_path_factory.mktemp("made") / "new" / "a.onnx", opset=19)


def test_names_and_shapes(made: Exported):
    assert made.method == "cam"
    assert made.shapes == {
        "pixel_values": ("batch", 3, 24, 40),
        "probabilities": ("batch", 5),
        "map": ("batch", 3, 5),
    }
    assert made.size == made.path.stat().st_size
    graph = onnx.load(made.path)
    onnx.checker.check_model(graph, full_check=True)
    assert made.opset == 19
    assert [one.version for one in graph.opset_import if one.domain == ""] == [19]


def test_metadata(made: Exported):
    facts = {one.key: one.value for one in onnx.load(made.path).metadata_props}
    assert facts["method"] == "cam"
    assert json.loads(facts["classes"]) == CLASSES
    assert json.loads(facts["options"]) == {"layer": None}
    assert json.loads(facts["model"])["sha256"]
    seen = json.loads(facts["preprocessing"])
    assert (seen["size"], seen["fit"], seen["channels"]) == ([24, 40], "stretched", "RGB")
    np.testing.assert_allclose(seen["mean"], (0.5, 0.4, 0.3), atol=1e-4)
    np.testing.assert_allclose(seen["std"], (0.5, 0.25, 0.2), atol=1e-4)


def test_one_file_without_traces_of_the_machine(made: Exported):
    assert [path.name for path in made.path.parent.iterdir()] == ["a.onnx"]
    content = made.path.read_bytes()
    assert b"site-packages" not in content
    assert str(Path(__file__).parents[2]).encode() not in content


def test_module_is_left_as_found(trained: nn.Module, made: Exported):
    fresh = resnet_module().state_dict()
    assert all(torch.equal(tensor, fresh[name]) for name, tensor in trained.state_dict().items())
    assert all(part.training for part in trained.modules())
    assert not any(part._forward_hooks for part in trained.modules())
    assert trained(images(2)).logits.requires_grad


def test_number_of_classes_may_be_that_of_the_example(tmp_path: Path):
    module = nn.Sequential(nn.Conv2d(3, 11, 3, 4), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(11, 7))
    made = export(as_model(module.eval()), "cam", tmp_path / "a.onnx")
    assert made.shapes["probabilities"] == ("batch", 7)
    check(made.path, as_model(module), "cam", {}, 2)


@pytest.mark.slow
def test_program_of_the_docs(
    workplace_of_two_layers: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(workplace_of_two_layers)
    runpy.run_path("examples/onnx_two_outputs.py", run_name="__main__")
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("class ")
    assert said[1].startswith("looks most at row, column (")


def test_real_model_and_real_image(deit_tiny: Path, cat: Image.Image, tmp_path: Path):
    made = export(deit_tiny, "rollout", tmp_path / "a.onnx", discard_ratio=0.9, head_fusion="max")
    assert made.size < 24e6
    model = load_model(str(deit_tiny), device="cpu")
    found = run(made.path, model.processor([cat, cat.rotate(90)]))
    explanation = explain(model, cat, "rollout", discard_ratio=0.9, head_fusion="max")
    np.testing.assert_allclose(found["map"][0], explanation.values, atol=1e-4 * explanation.values.max())
    assert found["probabilities"][0].argmax() == explanation.prediction.indices[0]
    facts = {one.key: one.value for one in onnx.load(made.path).metadata_props}
    assert "cat" in json.loads(facts["classes"])[found["probabilities"][0].argmax()]
    np.testing.assert_allclose(json.loads(facts["preprocessing"])["mean"], (0.485, 0.456, 0.406), atol=1e-3)
