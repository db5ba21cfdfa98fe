"""What a probe found is read again by the next process, and never of another model."""

from collections.abc import Callable
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch
from torch import nn
from transformers import ViTForImageClassification

from tests.models.tiny_vit import save_tiny_vit
from vitxplain import load_model
from vitxplain.models.stored_probes import finding, fingerprint, store
from vitxplain.models.vision_model import VisionModel

SIZE = (32, 32)


class Quiet(nn.Module):
    """A part of a model that is of no library."""

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        return values / 2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where probes are kept."""
    monkeypatch.delenv(store.OFF)
    monkeypatch.setattr(huggingface_hub.constants, "HF_ASSETS_CACHE", str(tmp_path / "assets"))
    return tmp_path / "assets" / "vitxplain" / "probes"


@pytest.fixture
def source(tmp_path: Path) -> str:
    return str(save_tiny_vit(tmp_path / "vit"))


@pytest.fixture
def probed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources of the models that were watched running, one an entry."""
    sources: list[str] = []
    watch = finding.probe

    def counted(model: VisionModel, *arguments: object, **options: object) -> object:
        sources.append(model.source)
        return watch(model, *arguments, **options)

    monkeypatch.setattr(finding, "probe", counted)
    return sources


def test_what_was_found_is_read_again(source: str, folder: Path, probed: list[str]):
    first, second = load_model(source).probe(), load_model(source).probe()
    assert len(probed) == len(list(folder.iterdir())) == 1
    own, same = (
        {name: value for name, value in vars(found).items() if name not in ("layouts", "image_calls", "structure")}
        for found in (first, second)
    )
    assert own == same
    assert own["grid"].readout
    assert [vars(layout) for layout in first.layouts] == [vars(layout) for layout in second.layouts]
    assert [call.views for call in first.image_calls] == [call.views for call in second.image_calls]


@pytest.mark.parametrize("content", [b"", b"{}", b"0" * 64 + b"\n{}", "cut", "other"])
def test_a_damaged_file_is_written_anew(content: bytes | str, source: str, folder: Path, probed: list[str]):
    load_model(source).probe()
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    changed = {"cut": whole[:-1], "other": whole.replace(b'"rows": 4', b'"rows": 2')}
    file.write_bytes(changed[content] if isinstance(content, str) else content)
    assert load_model(source).probe().grid.rows == 4
    assert len(probed) == 2
    assert file.read_bytes() == whole


def test_nothing_can_be_written(source: str, folder: Path, probed: list[str]):
    folder.parents[1].write_text("in the way")
    assert load_model(source).probe().grid.rows == load_model(source).probe().grid.rows == 4
    assert len(probed) == 2


def test_switched_off_and_in_memory_nothing_is_kept(
    source: str, folder: Path, probed: list[str], monkeypatch: pytest.MonkeyPatch
):
    module = load_model(source).module
    load_model(module).probe()
    load_model(source).changed(module=module).probe()
    monkeypatch.setenv(store.OFF, "1")
    load_model(source).probe()
    assert len(probed) == 3
    assert not folder.exists()


def test_only_so_many_are_kept(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "MOST_FILES", 1)
    model = load_model(source)
    for size in ((32, 32), (32, 48)):
        monkeypatch.setitem(model.module.config.__dict__, "image_size", size)
        found = model.probe((32, 32))
        model._probes.clear()
    assert [store.read_probe(file).grid for file in folder.iterdir()] == [found.grid]


CHANGES: dict[str, Callable[[VisionModel], object]] = {
    "weights": lambda model: next(model.module.parameters()).data.mul_(2),  # which no version of a tensor counts
    "configuration": lambda model: setattr(model.module.config, "problem_type", "regression"),
    "attribute": lambda model: setattr(model.module.vit.layernorm, "eps", 0.5),
    "library": lambda model: setattr(model.module, "vit", nn.Sequential(model.module.vit)),
}
FOREIGN: dict[str, Callable[[VisionModel], object]] = {
    "class": lambda model: model.module.vit.add_module("quiet", Quiet()),
    "hook": lambda model: model.module.register_forward_hook(lambda *_: None),
    "forward": lambda model: setattr(model.module.vit, "forward", lambda *_: None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_model_is_another(change: Callable[[VisionModel], object], source: str, folder: Path):
    model = load_model(source)
    before = store.probe_file(model, SIZE)
    assert before == store.probe_file(load_model(source), SIZE)
    change(model)
    assert store.probe_file(model, SIZE) not in (before, None)


@pytest.mark.parametrize("change", FOREIGN.values(), ids=FOREIGN)
def test_what_code_of_no_library_does_is_kept_nowhere(
    change: Callable[[VisionModel], object], source: str, folder: Path
):
    model = load_model(source)
    change(model)
    assert store.probe_file(model, SIZE) is None


def test_a_library_changed_by_hand_is_kept_nowhere(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch):
    model, forward = load_model(source), ViTForImageClassification.forward
    monkeypatch.setattr(ViTForImageClassification, "forward", lambda *args, **kwargs: forward(*args, **kwargs))
    assert store.probe_file(model, SIZE) is None


def test_size_number_format_and_versions_count(source: str, folder: Path, monkeypatch: pytest.MonkeyPatch):
    model = load_model(source)
    half = load_model(source, dtype="bfloat16")
    files = {store.probe_file(model, SIZE), store.probe_file(model, (64, 64)), store.probe_file(half, SIZE)}
    with torch.autocast("cpu"):
        files.add(store.probe_file(model, SIZE))
    monkeypatch.setattr(fingerprint, "version", lambda _name: "1.0")
    fingerprint._code.cache_clear()
    files.add(store.probe_file(model, SIZE))
    fingerprint._code.cache_clear()
    assert len(files - {None}) == 5
