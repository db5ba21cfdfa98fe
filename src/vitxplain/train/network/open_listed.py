"""torchvision's detectors and segmenters opened for the classes of the data, ready to learn them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vitxplain.errors import OptionError
from vitxplain.files.paths import is_file
from vitxplain.models.loading import from_saved_folder
from vitxplain.models.loading.blueprint import Blueprint, blueprint_of, build
from vitxplain.models.loading.source import model_folder
from vitxplain.models.objects.listed_boxes import ListedBoxes, own_threshold
from vitxplain.models.plain_pass import logits_of_grey_image
from vitxplain.models.processors.simple_processor import statistics
from vitxplain.models.processors.whole_image import Pixels
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.detection import Detection
from vitxplain.train.network.dense import DenseNetwork, DenseTrainable
from vitxplain.train.network.listed_network import ListedNetwork
from vitxplain.train.network.map_network import MapNetwork
from vitxplain.train.network.new_classes import freeze_all_but


def is_listed(module: nn.Module) -> bool:
    """Whether it is a detector or segmenter of torchvision's."""
    bases = [base.__module__ for base in type(module).__mro__]
    return isinstance(module, ListedBoxes) or any(name.startswith("torchvision.models.segmentation") for name in bases)


def listed_trainable(
    model: VisionModel, source: Any, labels: Sequence[str], mode: str, size: tuple[int, int] | None
) -> DenseTrainable:
    """The model for these classes; fresh weights are drawn from torch's global generator.

    Args:
        model: as it was opened, of `source`.
        source: a name, a folder or a module.
        labels: the classes to learn.
        mode: "full" or "head".
        size: (height, width) of the input. Without one a detector takes images as they are; it resizes them itself.

    Raises:
        ModelLoadError: it is a module in memory, which could not be opened again.
        OptionError: mode=head, and it has these classes already.
    """
    folder = model_folder(source) if isinstance(source, (str, Path)) else None
    saved = folder is not None and is_file(folder / from_saved_folder.MANIFEST)
    blueprint = from_saved_folder.read_blueprint(folder) if saved and folder else blueprint_of(model)
    own = [model.labels.get(index) for index in range(len(model.labels))]
    same = own == list(labels)
    module, fresh = (model.module, frozenset[str]()) if same else _for_classes(model.module, blueprint, len(labels))
    module = module.to(device="cpu", dtype=torch.float32)
    if mode == "head":
        if not fresh:
            raise OptionError(
                f"mode=head trains a new last layer, and {source} has these classes already; leave it out."
            )
        freeze_all_but(module, fresh)
    detects = isinstance(module, ListedBoxes)
    if size is None and (model.processor.keeps_size or not detects):
        size = model.processor.input_size
    pixels = Pixels.measured(model.processor)
    processor = statistics(pixels.mean, pixels.std, size)
    task = model.task
    if isinstance(module, ListedBoxes):
        task = Detection(len(labels), own_threshold(module.detector), no_object=False)
    names = dict(enumerate(labels))
    ready = VisionModel(module, model.source, processor, names, task=task)
    logits_of_grey_image(ready, resized=size is not None)
    network: DenseNetwork = ListedNetwork(module, None) if detects else MapNetwork(module)
    notes = () if same else (f"a new head for {len(labels)} classes: those of the data are not its own ({len(own)})",)
    return DenseTrainable(
        network,
        processor,
        model.source,
        tuple(labels),
        "head" if mode == "head" else "full",
        task,
        detects,
        notes,
        {
            **blueprint,
            "num_classes": len(labels),
            "labels": list(labels),
            "input_size": size and list(size),
            "mean": list(pixels.mean),
            "std": list(pixels.std),
        },
    )


def _for_classes(module: nn.Module, blueprint: Blueprint, classes: int) -> tuple[nn.Module, frozenset[str]]:
    """Made anew for so many classes with all weights that do not depend on them, and the names of the others.

    Norms that were frozen, as those of trained detectors are, stay so: their weights do not learn.
    """
    renewed = build(blueprint, classes, (0, 0))
    before, after = module.state_dict(), renewed.state_dict()
    kept = {name: value for name, value in before.items() if name in after and after[name].shape == value.shape}
    _fit_norms(module, renewed, kept)
    renewed.load_state_dict(kept, strict=False)
    learnt = {name for name, _ in module.named_parameters()}
    for name, weight in renewed.named_parameters():
        weight.requires_grad_(name in learnt or name not in kept)
    return renewed, frozenset(name for name, _ in renewed.named_parameters() if name not in kept)


def _fit_norms(module: nn.Module, renewed: nn.Module, kept: dict[str, torch.Tensor]) -> None:
    """Put what a norm adds to its variances, where the new one adds something else, into the variances."""
    others = dict(renewed.named_modules())
    for path, part in module.named_modules():
        name, eps = f"{path}.running_var", getattr(part, "eps", None)
        if name in kept and eps is not None and (other := getattr(others.get(path), "eps", eps)) != eps:
            kept[name] = kept[name] + (eps - other)
