"""Folders of timm's, torchvision's and cut networks: safetensors and vitxplain.json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from vitxplain import registry
from vitxplain.errors import ModelLoadError
from vitxplain.escape import utf8
from vitxplain.files.reading import reading, reason
from vitxplain.models.labels import class_names, numbered
from vitxplain.models.loading.adapter import LoadRequest
from vitxplain.models.loading.blueprint import KEYS, Blueprint, build
from vitxplain.models.loading.checkpoint import check_has_weights
from vitxplain.models.loading.from_module import chosen_processor
from vitxplain.models.loading.plugin_failure import load_adapter
from vitxplain.models.processors.simple_processor import statistics
from vitxplain.models.processors.transformers_processor import wrap_processor
from vitxplain.models.trust.manifest import read_manifest
from vitxplain.models.trust.network_size import bounded, stored_weights
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.classification import Classification

MANIFEST = "vitxplain.json"
WHAT = "a description of a model that can be built"
ADVICE = "save the run again, or install the version of its library that it was saved with"


def load(folder: Path, request: LoadRequest) -> VisionModel:
    """The model a run saved.

    Raises:
        ModelLoadError: the manifest is unreadable or incomplete, or the weights are not those of the architecture.
    """
    manifest = read_manifest(folder / MANIFEST)
    own_size = None if manifest["input_size"] is None else (manifest["input_size"][0], manifest["input_size"][1])
    check_has_weights(folder)
    with bounded(str(folder), stored_weights(folder)), reading(folder / MANIFEST, WHAT, ADVICE, ModelLoadError):
        module = build(manifest, manifest["num_classes"], own_size or (0, 0), len(manifest["mean"]), source=str(folder))
    try:
        module.load_state_dict(_weights(folder))
    except Exception as error:  # of safetensors, torch, or the module itself
        raise ModelLoadError(
            f"the weights in {folder} are not those of {_name(manifest)} with {manifest['num_classes']} classes: "
            f"{reason(error)}. Save the run again."
        ) from error
    processor = chosen_processor(request, wrap=lambda own: wrap_processor(own, request.image_size))
    labels = (
        class_names(manifest["labels"], manifest["num_classes"])
        if manifest.get("labels")
        else numbered(manifest["num_classes"])
    )
    processor = processor or statistics(manifest["mean"], manifest["std"], request.image_size or own_size)
    model = VisionModel(module.eval(), str(folder), processor, labels)
    if manifest["backend"] == "transformers":
        return model
    return load_adapter(registry.canonical("adapters", manifest["backend"])).complete(model)


def save(module: nn.Module, folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the weights and what `load` needs beside them; `manifest` is all that `read_manifest` reads."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().cpu().clone().contiguous() for name, value in module.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / MANIFEST).write_bytes(utf8(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"))


def read_blueprint(folder: Path) -> Blueprint:
    """How the module of a saved folder is made.

    Raises:
        ModelLoadError: the manifest is unreadable or incomplete.
    """
    manifest = read_manifest(folder / MANIFEST)
    return {key: manifest[key] for key in KEYS if key in manifest}


def task_of(folder: Path) -> str:
    """What the model of a saved folder is for, by transformers' name of the task.

    Raises:
        ModelLoadError: the manifest is unreadable or incomplete, or its library is not there.
    """
    blueprint = read_blueprint(folder)
    if blueprint["backend"] == "transformers":
        return Classification.name
    return load_adapter(registry.canonical("adapters", blueprint["backend"])).task_of(blueprint["architecture"])


def _name(manifest: Mapping[str, Any]) -> str:
    architecture = manifest.get("architecture") or manifest["config"]["model_type"]
    return f"{manifest['backend']}:{architecture}" + (f" cut at {manifest['cut_at']}" if "cut_at" in manifest else "")


def _weights(folder: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    return {key: value for path in sorted(folder.glob("*.safetensors")) for key, value in load_file(path).items()}
