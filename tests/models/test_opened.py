"""Models that were opened before are opened once, and never as what they are no longer."""

import gc
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers import ViTForImageClassification

from tests.saved_models import vit_folder  # noqa: F401 - a fixture
from vitxplain import explain
from vitxplain.models import opened as room


class Pooled(nn.Module):
    """A network of somebody's own."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3)
        self.head = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.convolution(x).relu().mean((2, 3)))


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was really opened, in order."""
    counted: list[Any] = []
    load = room.load_model

    def counting(source: Any, **options: Any) -> Any:
        counted.append(source)
        return load(source, **options)

    monkeypatch.setattr(room, "load_model", counting)
    room._of_names.clear()
    return counted


IMAGE = np.full((32, 32, 3), 90, np.uint8)
PIXELS = torch.linspace(-1, 1, 3 * 32 * 32).view(1, 3, 32, 32)


def own(_folder: Path) -> nn.Module:
    torch.manual_seed(0)
    return Pooled()


def of_transformers(folder: Path) -> nn.Module:
    return ViTForImageClassification.from_pretrained(folder)


def without_processor(folder: Path) -> nn.Module:
    module = ViTForImageClassification.from_pretrained(folder)
    module.config._name_or_path = ""
    return module


@pytest.mark.parametrize("make", [own, of_transformers, without_processor])
def test_a_module_is_opened_once_and_dies_with_its_owner(
    make: Callable[[Path], nn.Module],
    vit_folder: Path,  # noqa: F811
    loads: list[Any],
):
    module = make(vit_folder)
    first = explain(module, PIXELS)[0]
    opened = len(loads)
    again = explain(module, PIXELS)[0]
    assert len(loads) == opened
    np.testing.assert_array_equal(first.values, again.values)
    assert first.prediction == again.prediction
    loads.clear()
    alive = weakref.ref(module)
    del module
    gc.collect()
    assert alive() is None


def test_a_module_that_was_changed_is_opened_again(loads: list[Any]):
    module = own(Path())
    assert len(explain(module, PIXELS)[0].prediction.names) == 3
    module.head = nn.Linear(4, 2)
    assert len(explain(module, PIXELS)[0].prediction.names) == 2
    module.forward = lambda x: Pooled.forward(module, x).repeat(1, 2)
    assert len(explain(module, PIXELS)[0].prediction.names) == 4
    assert len(loads) == 3
    module.double()
    explain(module, PIXELS)
    assert len(loads) == 3  # where weights lie, and in which format, is read each time


def test_classes_that_were_renamed_are_read_again(vit_folder: Path):  # noqa: F811
    module = of_transformers(vit_folder)
    explain(module, PIXELS)
    module.config.id2label = {0: "one", 1: "two", 2: "three"}
    assert set(explain(module, PIXELS)[0].prediction.names) == {"one", "two", "three"}


def test_what_is_stated_otherwise_is_opened_for_itself(loads: list[Any]):
    module = own(Path())
    softmax, sigmoid = (explain(module, PIXELS, activation=name)[0] for name in ("softmax", "sigmoid"))
    assert len(loads) == 2
    assert sum(softmax.prediction.probabilities) == pytest.approx(1)
    assert sum(sigmoid.prediction.probabilities) != pytest.approx(1)


def test_a_folder_is_opened_once_until_its_files_change(
    vit_folder: Path,  # noqa: F811
    tmp_path: Path,
    loads: list[Any],
):
    folder = Path(shutil.copytree(vit_folder, tmp_path / "model"))
    first = explain(folder, IMAGE)
    assert explain(str(folder), IMAGE).values.tobytes() == first.values.tobytes()
    assert len(loads) == 1
    other = ViTForImageClassification.from_pretrained(folder)
    nn.init.normal_(other.classifier.weight)
    other.save_pretrained(folder)
    assert explain(folder, IMAGE).prediction != first.prediction
    assert len(loads) == 2


def test_of_many_folders_the_last_stay_open(vit_folder: Path, tmp_path: Path, loads: list[Any]):  # noqa: F811
    folders = [Path(shutil.copytree(vit_folder, tmp_path / name)) for name in "abc"]
    for folder in [*folders, folders[2], folders[1], folders[0]]:
        explain(folder, IMAGE, "raw-attention")
    assert [Path(source).name for source in loads] == ["a", "b", "c", "a"]


def test_large_models_do_not_stay(vit_folder: Path, loads: list[Any], monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    monkeypatch.setattr(room, "BYTES", 1000)
    for _ in range(2):
        explain(vit_folder, IMAGE, "raw-attention")
    assert len(loads) == 2
