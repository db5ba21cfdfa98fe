"""Devices, number formats, and models spread by accelerate over main memory and disk."""

from pathlib import Path

import accelerate
import pytest
import torch
from torch import nn

from tests.models.tiny_vit import save_tiny_vit, tiny_vit
from vitxplain.models.loading import devices
from vitxplain.models.loading.load import load_model

PIXELS = torch.linspace(-1, 1, 2 * 3 * 32 * 32).reshape(2, 3, 32, 32)
SPREAD = {
    "vit.embeddings": "cpu",
    "vit.layers.0": "cpu",
    "vit.layers.1": "disk",
    "vit.layernorm": "cpu",
    "classifier": "disk",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_tiny_vit(tmp_path / "model")


def _on_meta(module: nn.Module) -> set[str]:
    return {name for name, parameter in module.named_parameters() if parameter.is_meta}


def test_auto_is_the_best_device_there_is() -> None:
    assert str(devices.resolve_device("auto")) == devices.available_devices()[0]
    assert devices.available_devices()[-1] == "cpu"


def test_a_transformers_model_spread_over_memory_and_disk(folder: Path) -> None:
    model = load_model(folder, device=SPREAD)
    assert _on_meta(model.module) >= {"classifier.weight", "vit.layers.1.layernorm_before.weight"}
    assert model.device == torch.device("cpu")
    torch.testing.assert_close(model.logits(PIXELS), load_model(folder).logits(PIXELS), rtol=0, atol=0)


def test_a_spread_module_of_yours() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5)).eval()
    expected = module(PIXELS)
    model = load_model(module, mean=0.5, std=0.5, size=32, device={"0": "disk", "1": "cpu", "2": "cpu", "3": "disk"})
    assert _on_meta(model.module) == {"0.weight", "0.bias", "3.weight", "3.bias"}
    torch.testing.assert_close(model.logits(PIXELS), expected, rtol=0, atol=0)


def test_a_model_larger_than_the_device_is_spread(folder: Path, no_room: None) -> None:
    model = load_model(folder)
    assert model.module.hf_device_map
    torch.testing.assert_close(model.logits(PIXELS), tiny_vit()(PIXELS).logits)


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with no memory left for weights, as far as the question whether they fit goes."""
    monkeypatch.setattr(devices, "HEADROOM", 0.0)


def test_the_offload_folder_goes_with_its_owner() -> None:
    owner = nn.Linear(1, 1)
    offloaded = Path(devices.offload_folder())
    devices.remove_with(owner, str(offloaded))
    assert offloaded.is_dir()
    del owner
    assert not offloaded.exists()


def test_size_counts_the_format_asked_for() -> None:
    class Device(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1000, device="meta"))

    free = devices.free_memory(torch.device("cpu"))
    assert free > 2**20
    assert devices.fits(Device(), torch.device("cpu"))
    assert devices.weight_bytes(Device()) == 4000
    assert devices.weight_bytes(Device(), torch.bfloat16) == 2000


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda(folder: Path) -> None:
    model = load_model(folder, device="cuda")
    assert model.device.type == "cuda"
    expected = load_model(folder, device="cpu").logits(PIXELS)
    torch.testing.assert_close(model.logits(PIXELS).cpu(), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_spread_over_cuda_memory_and_disk(folder: Path) -> None:
    model = load_model(folder, device=SPREAD | {"vit.embeddings": 0, "vit.layers.0": 0})
    assert model.device == torch.device("cuda", 0)
    expected = load_model(folder, device="cpu").logits(PIXELS)
    torch.testing.assert_close(model.logits(PIXELS).cpu(), expected, atol=1e-4, rtol=1e-4)


def test_weights_that_a_hook_fetches_for_each_pass() -> None:
    """accelerate's cpu_offload says nothing of devices on the module itself."""
    expected = tiny_vit()(PIXELS).logits
    model = load_model(accelerate.cpu_offload(tiny_vit()), mean=0.5, std=0.5, size=32)
    assert model.device == torch.device("cpu")
    torch.testing.assert_close(model.logits(PIXELS), expected)
