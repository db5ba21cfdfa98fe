"""Folders of timm and torchvision backbones: safetensors and vitxplain.json."""

import json
from pathlib import Path
from typing import Any

from vitxplain import registry
from vitxplain.errors import ModelLoadError
from vitxplain.models.adapters import Adapter, LoadRequest
from vitxplain.models.checkpoint import check_has_weights
from vitxplain.models.from_module import chosen_processor
from vitxplain.models.labels import class_names, numbered
from vitxplain.models.simple_processor import statistics
from vitxplain.models.transformers_processor import wrap_processor
from vitxplain.models.vision_model import VisionModel

MANIFEST = "vitxplain.json"


def load(folder: Path, request: LoadRequest) -> VisionModel:
    """The model a run saved: `{"backend", "architecture", "num_classes", "labels", "input_size", "mean", "std"}`.

    Raises:
        ModelLoadError: the manifest is unreadable or incomplete, or the weights are not those of the architecture.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    manifest = _read(folder / MANIFEST)
    adapter: Adapter = registry.load("adapters", manifest["backend"])()
    module = adapter.build(manifest["architecture"], int(manifest["num_classes"]))
    check_has_weights(folder)
    try:
        weights = {
            key: value for path in sorted(folder.glob("*.safetensors")) for key, value in load_file(path).items()
        }
        module.load_state_dict(weights)
    except (SafetensorError, RuntimeError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelLoadError(
            f"the weights in {folder} are not those of {manifest['backend']}:{manifest['architecture']} with "
            f"{manifest['num_classes']} classes: {reason}. Save the run again."
        ) from error
    processor = chosen_processor(request, wrap=lambda given: wrap_processor(given, request.image_size))
    height, width = request.image_size or manifest["input_size"]
    labels = class_names(manifest["labels"]) if manifest.get("labels") else numbered(int(manifest["num_classes"]))
    processor = processor or statistics(manifest["mean"], manifest["std"], (height, width))
    return VisionModel(module.eval(), str(folder), processor, labels)


def _read(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ModelLoadError(f"{path} is no valid JSON ({error}); save the run again.") from error
    needed = ("backend", "architecture", "num_classes", "input_size", "mean", "std")
    if missing := [name for name in needed if name not in manifest]:
        raise ModelLoadError(f"{path} lacks {', '.join(missing)}; save the run again.")
    return manifest
