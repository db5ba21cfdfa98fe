"""What pins the weights."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from vitxplain.explanation.provenance import model_facts, versions
from vitxplain.models.vision_model import VisionModel
from vitxplain.testing import tiny_cnn


@pytest.fixture
def model() -> VisionModel:
    return tiny_cnn()


def test_versions():
    assert torch.__version__.startswith(versions()["torch"])  # PyPI leaves the build out: +cu128
    assert set(versions()) == {"vitxplain", "torch", "transformers", "captum"}


def test_the_hubs_commit_pins_the_weights(model: VisionModel):
    facts = model_facts(replace(model, source="owner/name", revision="abc123"))
    assert facts == {"id": "owner/name", "class": "Sequential", "revision": "abc123"}


def test_a_module_is_pinned_by_its_tensors_and_a_change_is_seen(model: VisionModel):
    first = model_facts(model)["sha256"]
    assert len(first) == 64
    assert model_facts(tiny_cnn())["sha256"] == first == model_facts(model)["sha256"]
    with torch.no_grad():
        model.module[0].weight.add_(1)
    assert model_facts(model)["sha256"] != first
    with torch.no_grad():
        model.module[0].weight.sub_(1)
    model.module.to(torch.bfloat16)
    assert model_facts(model)["sha256"] != first


def test_the_bytes_in_memory_count_not_the_folder_they_came_from(model: VisionModel, tmp_path: Path):
    save_file({"a": torch.ones(2)}, tmp_path / "model.safetensors")
    assert model_facts(replace(model, source=str(tmp_path)))["sha256"] == model_facts(model)["sha256"]


def test_weights_that_are_not_in_memory_are_pinned_by_their_files(model: VisionModel, tmp_path: Path):
    save_file(model.module.state_dict(), tmp_path / "model.safetensors")
    offloaded = replace(model, module=model.module.to("meta"), source=str(tmp_path))
    expected = hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest()
    assert model_facts(offloaded)["sha256"] == expected
    save_file({"b": torch.ones(2)}, tmp_path / "model-2.safetensors")
    assert model_facts(offloaded)["sha256"] not in (expected, None)
    assert model_facts(replace(offloaded, source="nowhere"))["sha256"] is None
