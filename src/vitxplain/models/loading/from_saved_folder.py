"""Folders of timm's, torchvision's and cut networks: safetensors and vitxplain.json."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from vitxplain.errors import ModelLoadError
from vitxplain.models.labels import class_names, numbered
from vitxplain.models.loading.adapter import LoadRequest
from vitxplain.models.loading.blueprint import KEYS, Blueprint, build
from vitxplain.models.loading.checkpoint import check_has_weights
from vitxplain.models.loading.from_module import chosen_processor
from vitxplain.models.processors.simple_processor import statistics
from vitxplain.models.processors.transformers_processor import wrap_processor
from vitxplain.models.vision_model import VisionModel

MANIFEST = "vitxplain.json"
NEEDED = ("backend", "num_classes", "input_size", "mean", "std")  # beside architecture or config; labels if there are


def load(folder: Path, request: LoadRequest) -> VisionModel:
    """The model a run saved.

    Raises:
        ModelLoadError: the manifest is unreadable or incomplete, or the weights are not those of the architecture.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    manifest = _read(folder / MANIFEST)
    own_size = (int(manifest["input_size"][0]), int(manifest["input_size"][1]))
    channels = len(manifest["mean"])
    module = build(manifest, int(manifest["num_classes"]), own_size, channels, source=str(folder))
    check_has_weights(folder)
    try:
        weights = {
            key: value for path in sorted(folder.glob("*.safetensors")) for key, value in load_file(path).items()
        }
        module.load_state_dict(weights)
    except (SafetensorError, RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelLoadError(
            f"the weights in {folder} are not those of {_name(manifest)} with "
            f"{manifest['num_classes']} classes: {reason}. Save the run again."
        ) from error
    processor = chosen_processor(request, wrap=lambda own: wrap_processor(own, request.image_size))
    labels = class_names(manifest["labels"]) if manifest.get("labels") else numbered(int(manifest["num_classes"]))
    processor = processor or statistics(manifest["mean"], manifest["std"], request.image_size or own_size)
    return VisionModel(module.eval(), str(folder), processor, labels)


def save(module: nn.Module, folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the weights and what `load` needs beside them; `manifest` is a blueprint and the rest of `NEEDED`."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.detach().cpu().clone().contiguous() for name, value in module.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_blueprint(folder: Path) -> Blueprint:
    """How the module of a saved folder is made.

    Raises:
        ModelLoadError: the manifest is unreadable or incomplete.
    """
    manifest = _read(folder / MANIFEST)
    return {key: manifest[key] for key in KEYS if key in manifest}


def _name(manifest: Mapping[str, Any]) -> str:
    architecture = manifest.get("architecture") or manifest["config"]["model_type"]
    return f"{manifest['backend']}:{architecture}" + (f" cut at {manifest['cut_at']}" if "cut_at" in manifest else "")


def _read(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelLoadError(f"{path} is no valid JSON ({error}); save the run again.") from error
    missing = [name for name in NEEDED if name not in manifest]
    missing += [] if "architecture" in manifest or "config" in manifest else ["architecture"]
    if missing:
        raise ModelLoadError(f"{path} lacks {', '.join(missing)}; save the run again.")
    return manifest
