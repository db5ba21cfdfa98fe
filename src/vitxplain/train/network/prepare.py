"""PreparedModel: a source opened or made, with a head for the data's classes."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from vitxplain.errors import OptionError, UsageError
from vitxplain.files.paths import is_file
from vitxplain.models.loading import from_saved_folder
from vitxplain.models.loading.adapter import LoadRequest
from vitxplain.models.loading.blueprint import Blueprint, blueprint_of, build
from vitxplain.models.loading.checkpoint import check_finite, check_in_memory
from vitxplain.models.loading.source import model_folder, resolve
from vitxplain.models.processors.forward_inputs import forward_inputs
from vitxplain.models.processors.whole_image import Pixels
from vitxplain.models.surgery.classifier_heads import head_paths, renew, same_for
from vitxplain.models.surgery.cut_network import CutNetwork, cut
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import PROBABILITY
from vitxplain.tasks.classification import Classification, check_classification


@dataclass(frozen=True)
class PreparedModel:
    """A model before training; `blueprint` is None where the files of transformers alone describe it."""

    model: VisionModel
    pixels: Pixels
    blueprint: Blueprint | None
    heads: tuple[str, ...] = ()


def open_scratch(labels: tuple[str, ...], options: Mapping[str, Any], size: tuple[int, int] | None) -> PreparedModel:
    """A model with fresh weights, of the options; its input size is `size` unless they say another.

    Raises:
        OptionError: no such option, or a value it cannot take.
    """
    from vitxplain.models.scratch.options import pair
    from vitxplain.models.scratch.scratch import scratch

    kind = options.get("kind", "vit")
    config = {name: value for name, value in options.items() if name != "kind"}
    module = scratch(str(kind), labels, ({"image_size": size} if size else {}) | config)
    channels = module.config.num_channels
    if channels not in (1, 3):
        raise OptionError(f"num_channels is {channels}; images are read in colour (3) or grey (1).")
    pixels = Pixels(pair(module.config.image_size), (0.5,) * channels, (0.5,) * channels)
    processor, inputs = pixels.processor("transformers"), forward_inputs(module, pixels.size)
    model = VisionModel(module, f"scratch {kind}", processor, dict(enumerate(labels)), inputs=inputs)
    return PreparedModel(model, pixels, None)


def open_pretrained(
    source: "str | Path | nn.Module | VisionModel", options: Mapping[str, Any], size: tuple[int, int] | None
) -> PreparedModel:
    """The model of a source, on the CPU in single precision, taking whole images; a model in memory is copied.

    Raises:
        ModelLoadError: no model could be made of the source, or only one that cannot be saved again.
        UsageError: it gives several classes an image, or is spread over devices.
    """
    if options:
        raise OptionError(
            f"{', '.join(options)}: only a model from scratch has such options; {source} is as it was trained."
        )
    if isinstance(source, VisionModel):
        model = source.changed(module=deepcopy(source.module))
    else:
        request = LoadRequest(image_size=size, device=torch.device("cpu"), dtype=torch.float32, new_head=True)
        model = resolve(deepcopy(source) if isinstance(source, nn.Module) else source, request)
    if getattr(model.module, "hf_device_map", None):
        raise UsageError(f"{model.source} is spread over several devices, and training needs it on one.")
    check_classification(model.task, model.source, "training")
    if isinstance(model.task, Classification) and model.task.multi_label:
        raise UsageError(
            f"{model.source} gives several classes an image; here each image has one. Choose another model."
        )
    config: Any = getattr(model.module, "config", None)
    if config is not None and model.task.unit != PROBABILITY:
        config.problem_type = None  # no regression any more, once it has a head for classes
    check_in_memory(model.source, model.module)
    check_finite(model.source, model.module)
    folder = model_folder(source) if isinstance(source, (str, Path)) else None
    if folder is not None and is_file(folder / from_saved_folder.MANIFEST):
        blueprint = from_saved_folder.read_blueprint(folder)
    else:
        blueprint = blueprint_of(model, size)
    pixels = replace(Pixels.measured(model.processor), **({"size": size} if size else {}))
    plain = isinstance(model.module, PreTrainedModel)
    module = model.module.to(device="cpu", dtype=torch.float32)
    model = model.changed(
        module=module,
        processor=pixels.processor("transformers" if plain else "ours"),
        device=torch.device("cpu"),
        dtype=torch.float32,
    )
    return PreparedModel(model, pixels, None if plain else blueprint)


def with_head(prepared: PreparedModel, labels: tuple[str, ...], cut_at: str | None) -> PreparedModel:
    """The model with a head for these classes: its own head if it has the same classes, else a fresh one.

    Raises:
        OptionError: it cannot be cut at the node.
    """
    model, module = prepared.model, prepared.model.module
    if cut_at is not None:
        blueprint = prepared.blueprint or blueprint_of(model)
        module = cut(module, cut_at, len(labels), prepared.pixels.size, len(prepared.pixels.mean))
        processor = prepared.pixels.processor("ours")
        model = model.changed(module=module, processor=processor, inputs=None, labels=dict(enumerate(labels)))
        return replace(prepared, model=model, blueprint={**blueprint, "cut_at": cut_at}, heads=("cut_head",))

    def rebuild(classes: int) -> nn.Module:
        if prepared.blueprint is None:
            return same_for(module, classes)
        return build(prepared.blueprint, classes, prepared.pixels.size, len(prepared.pixels.mean))

    heads = ("cut_head",) if isinstance(module, CutNetwork) else head_paths(rebuild)
    if tuple(model.labels.get(index) for index in range(len(model.labels))) != labels:
        renew(module, heads, len(labels), rebuild)
    _name_classes(module, labels)
    return replace(prepared, model=model.changed(labels=dict(enumerate(labels))), heads=heads)


def _name_classes(module: Any, labels: tuple[str, ...]) -> None:
    """Write the names, and their number, where the library keeps them."""
    if isinstance(module, PreTrainedModel):
        module.config.num_labels = len(labels)  # a few configs keep the number beside the names
        module.config.id2label = dict(enumerate(labels))
        module.config.label2id = {name: index for index, name in enumerate(labels)}
        module.config.problem_type = None
    for name in ("num_labels", "num_classes"):
        if isinstance(getattr(module, name, None), int):
            setattr(module, name, len(labels))
