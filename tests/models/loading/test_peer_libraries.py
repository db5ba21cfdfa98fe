"""timm and torchvision by name, offline: what they have cached, what they describe, what they cannot."""

import hashlib
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import pytest
import torch
from PIL import Image

from tests.models.hub_server import COMMIT, hub_server
from vitxplain import explain
from vitxplain.errors import ModelLoadError, UnknownNameError, UsageError
from vitxplain.models.loading.load import load_model
from vitxplain.tasks.features import Features

peers = pytest.mark.peers


@pytest.mark.parametrize("library", ["timm", "torchvision"])
def test_a_missing_library_names_the_extra(library: str) -> None:
    if find_spec(library):
        pytest.skip(f"{library} is installed")
    with pytest.raises(ModelLoadError, match=rf"pip install 'vitxplain\[{library}\]'"):
        load_model(f"{library}:resnet18")


@pytest.fixture
def timm_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Hub that has the safetensors of one tiny timm model, untrained: the module, its id and its folder."""
    import timm
    from safetensors.torch import save_file

    torch.manual_seed(0)
    module = timm.create_model("test_vit", num_classes=1000).eval()
    tags = timm.get_pretrained_cfg("test_vit")
    repository = tmp_path / "repository"
    repository.mkdir()
    save_file(module.state_dict(), repository / "model.safetensors")
    config = {"architecture": "test_vit", "num_classes": 1000, "pretrained_cfg": tags.to_dict()}
    (repository / "config.json").write_text(json.dumps(config, default=str))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with hub_server({tags.hf_hub_id: repository}) as (endpoint, _):
        template = f"{endpoint}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", endpoint)
        monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield module, tags.hf_hub_id, repository


@peers
def test_a_timm_name(timm_hub: Any) -> None:
    module, _, _ = timm_hub
    model = load_model("timm:test_vit")
    assert model.source == "timm:test_vit.r160_in1k"
    assert model.revision == COMMIT
    assert model.labels[285] == "Egyptian cat"
    pixels = torch.randn(1, 3, 160, 160)
    torch.testing.assert_close(model.logits(pixels), module(pixels))


@peers
def test_timms_own_transform_is_used(timm_hub: Any) -> None:
    from timm.data import create_transform, resolve_model_data_config

    image = Image.effect_noise((300, 200), 90).convert("RGB")
    expected = create_transform(**resolve_model_data_config(timm_hub[0]))(image)
    torch.testing.assert_close(load_model("timm:test_vit").processor([image])[0], expected)


@peers
def test_timm_at_another_size_resamples_positions(timm_hub: Any) -> None:
    model = load_model("timm:test_vit", image_size=(96, 128))
    assert model.processor.input_size == (96, 128)
    assert model.logits(torch.randn(1, 3, 96, 128)).shape == (1, 1000)


@peers
def test_timm_weights_that_are_only_a_pickle(timm_hub: Any) -> None:
    (timm_hub[2] / "model.safetensors").unlink()
    with pytest.raises(ModelLoadError, match="allow_pickle=True"):
        load_model("timm:test_vit")


@peers
def test_a_timm_id_of_the_hub_goes_through_transformers(timm_hub: Any) -> None:
    module, repo_id, _ = timm_hub
    model = load_model(repo_id)
    assert type(model.module).__name__ == "TimmWrapperForImageClassification"
    pixels = torch.randn(1, 3, 160, 160)
    torch.testing.assert_close(model.logits(pixels), module(pixels))


@peers
def test_a_timm_id_of_the_hub_at_another_size(timm_hub: Any) -> None:
    model = load_model(timm_hub[1], image_size=192)
    assert model.processor.input_size == (192, 192)
    assert model.logits(torch.zeros(1, 3, 192, 192)).shape == (1, 1000)


@peers
@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("timm:resnet5", "Did you mean resnet50"),
        ("timm:vit_tiny_patch16_224.augreg", r"Did you mean vit_tiny_patch16_224\.augreg"),
        ("torchvision:resnt50", "Did you mean resnet50"),
        ("torchvision:resnet50.IMAGENET", r"Did you mean resnet50\.IMAGENET1K_V"),
        ("torchvision:keypointrcnn_resnet50_fpn", "no trained classifier"),
    ],
)
def test_near_names(source: str, words: str) -> None:
    with pytest.raises(UnknownNameError, match=words):
        load_model(source)


@peers
def test_timm_offline_and_not_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelLoadError, match=r"timm/resnet18\.a1_in1k is not in the local cache.*Give a folder"):
        load_model("timm:resnet18")


@peers
def test_a_timm_module_in_memory_needs_nothing_said() -> None:
    import timm

    module = timm.create_model("test_vit", num_classes=10, img_size=(64, 96)).train()
    model = load_model(module)
    assert model.processor.input_size == (64, 96)
    assert len(model.labels) == 10
    assert model.module is module
    assert module.training


@peers
def test_a_timm_module_without_a_classifier() -> None:
    import timm

    model = load_model(timm.create_model("test_vit", num_classes=0))
    assert (model.task, model.labels) == (Features(), {})
    assert explain(model, torch.zeros(3, *model.processor.input_size)).method == "attention-rollout"


@pytest.fixture
def torch_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    (tmp_path / "hub" / "checkpoints").mkdir(parents=True)
    return tmp_path / "hub" / "checkpoints"


@peers
def test_a_torchvision_name(torch_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1

    torch.manual_seed(0)
    module = squeezenet1_1().eval()
    weights = SqueezeNet1_1_Weights.DEFAULT
    file = torch_home / "weights.pth"
    torch.save(module.state_dict(), file)
    file = file.rename(torch_home / f"squeezenet1_1-{hashlib.sha256(file.read_bytes()).hexdigest()[:8]}.pth")
    monkeypatch.setattr(weights.value, "url", f"https://download.pytorch.org/models/{file.name}")
    model = load_model("torchvision:squeezenet1_1")
    assert model.source == "torchvision:squeezenet1_1.IMAGENET1K_V1"
    assert model.labels[285] == "Egyptian cat"
    image = Image.effect_noise((300, 200), 90).convert("RGB")
    pixels = model.processor([image])
    torch.testing.assert_close(pixels[0], weights.transforms()(image))
    torch.testing.assert_close(model.logits(pixels), module(pixels))
    assert load_model("torchvision:squeezenet1_1", image_size=(96, 128)).processor.input_size == (96, 128)


@peers
def test_torchvision_offline_and_not_cached(torch_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(ModelLoadError, match=r"resnet18\.IMAGENET1K_V1 is not in the local cache.*Give a folder"):
        load_model("torchvision:resnet18")


@peers
def test_torchvision_has_no_revisions() -> None:
    with pytest.raises(UsageError, match="no revisions"):
        load_model("torchvision:resnet18", revision="v1")


@peers
@pytest.mark.parametrize(("backend", "architecture"), [("timm", "test_convnext"), ("torchvision", "squeezenet1_1")])
def test_a_saved_backbone_opens_again(tmp_path: Path, backend: str, architecture: str) -> None:
    from safetensors.torch import save_file

    from vitxplain import registry

    module = registry.load("adapters", backend)().build(architecture, 4).eval()
    save_file(module.state_dict(), tmp_path / "model.safetensors")
    manifest = {
        "backend": backend,
        "architecture": architecture,
        "num_classes": 4,
        "input_size": [64, 80],
        "mean": [0.5] * 3,
        "std": [0.2] * 3,
    }
    (tmp_path / "vitxplain.json").write_text(json.dumps(manifest))
    pixels = torch.randn(1, 3, 64, 80)
    torch.testing.assert_close(load_model(tmp_path).logits(pixels), module(pixels))
