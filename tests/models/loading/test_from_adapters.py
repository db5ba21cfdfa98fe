"""Folders of peft: explained as the model they name, with the adapters in it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from tests.models.objects.test_wrappers import with_adapters
from tests.models.tiny_vit import save_tiny_vit, tiny_vit
from vitxplain import explain, load_model
from vitxplain.errors import ModelLoadError

pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
PIXELS = torch.linspace(-1, 1, 3 * 32 * 32).reshape(3, 32, 32)


def settings(folder: Path, **fields: object) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def adapters(folder: Path, classes: int = 5) -> nn.Module:
    """A base model in folder/base, adapters with a head for so many classes beside it; the adapted module."""
    save_tiny_vit(folder / "base")
    module = tiny_vit()
    module.load_state_dict(load_model(folder / "base").module.state_dict())
    module.classifier = nn.Linear(module.classifier.in_features, classes)
    adapted = with_adapters(module, modules_to_save=["classifier"])
    adapted.save_pretrained(folder / "lora")
    settings(folder / "lora", base_model_name_or_path="../base")
    return adapted


def test_a_folder_of_adapters_is_the_base_model_with_them(tmp_path: Path) -> None:
    adapted = adapters(tmp_path)
    model = load_model(tmp_path / "lora")
    assert len(model.labels) == 5
    found = explain(model, PIXELS, "grad-cam", target=2).values
    np.testing.assert_allclose(found, explain(adapted, PIXELS, "grad-cam", target=2).values, rtol=1e-4, atol=1e-6)


def test_a_base_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    adapters(tmp_path)
    settings(tmp_path / "lora", base_model_name_or_path="../elsewhere")
    with pytest.raises(ModelLoadError, match=r"adapters \(peft\) of ../elsewhere, which cannot be opened"):
        load_model(tmp_path / "lora")
    settings(tmp_path / "lora", base_model_name_or_path=None)
    with pytest.raises(ModelLoadError, match="does not say of which model"):
        load_model(tmp_path / "lora")


def test_no_code_of_the_folder_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a module that the settings name, nor a pickle of weights."""
    adapters(tmp_path)
    (tmp_path / "lora" / "hostile_parent.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    monkeypatch.syspath_prepend(tmp_path / "lora")
    named = {"base_model_class": "Run", "parent_library": "hostile_parent"}
    settings(tmp_path / "lora", auto_mapping=named)
    load_model(tmp_path / "lora")
    (tmp_path / "lora" / "adapter_model.safetensors").unlink()
    torch.save({"a": _Hostile(str(tmp_path / "ran"))}, tmp_path / "lora" / "adapter_model.bin")
    with pytest.raises(ModelLoadError, match=r"adapter_model\.bin"):
        load_model(tmp_path / "lora")
    assert not (tmp_path / "ran").exists()


class _Hostile:
    """Writes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return open, (self.path, "w")
