"""dense_trainable: a detector or segmenter opened or made for the classes of the data, ready to learn them."""

import inspect
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from torch import nn
from transformers import PreTrainedModel

from vitxplain.errors import OptionError, UsageError
from vitxplain.models.loading.adapter import LoadRequest
from vitxplain.models.loading.checkpoint import check_finite, check_in_memory
from vitxplain.models.loading.from_transformers import task_of
from vitxplain.models.loading.source import resolve
from vitxplain.models.plain_pass import logits_of_grey_image
from vitxplain.models.processors.forward_inputs import forward_inputs, wants_its_task
from vitxplain.models.processors.sizes import SizeLike, parse_size
from vitxplain.models.processors.task_words import TaskWords
from vitxplain.models.processors.whole_image import Pixels
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import Task
from vitxplain.tasks.masks import Masks
from vitxplain.tasks.pixel_classes import PixelClasses
from vitxplain.train.network.dense import DenseNetwork, DenseTrainable, heeds_padding, saved_processor
from vitxplain.train.network.map_network import IGNORED, MapNetwork, why_no_loss
from vitxplain.train.network.new_classes import freeze_all_but, knows_classes, with_classes
from vitxplain.train.network.open_listed import is_listed, listed_trainable
from vitxplain.train.network.told_network import ToldNetwork, with_text_encoder

Source = str | Path | nn.Module | VisionModel
# What is true, as a segmenter's loss takes it: a map of classes; masks with their classes; or these with boxes too.
TrueForm: TypeAlias = Literal["map", "masks", "objects"]
_TEXTS = (
    "it learns from texts of what an image shows as well; what reads them starts afresh, and only learning needs it"
)


def dense_trainable(
    source: Source,
    labels: Sequence[str],
    task: str,
    *,
    mode: str = "full",
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    image_size: SizeLike | None = None,
) -> DenseTrainable:
    """A detector or segmenter of transformers or torchvision, made ready to learn these classes.

    Arguments as those of `trainable`.

    Raises:
        ModelLoadError: no model could be made of the source.
        UsageError: it is of another task or library, or an option that cannot be.
    """
    if mode not in ("full", "head"):
        raise OptionError(f"mode={mode} is for classifiers; a detector or segmenter learns by mode=full or mode=head.")
    size = None if image_size is None else parse_size(image_size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if isinstance(source, str) and source == "scratch":
            model = _from_scratch(labels, task, options or {}, size)
            notes: tuple[str, ...] = ()
            fresh: frozenset[str] = frozenset(name for name, _ in model.module.named_parameters())
        else:
            if options:
                raise OptionError(
                    f"{', '.join(options)}: only a model from scratch has such options; {source} is as it was trained."
                )
            model = _opened(source, task)
            if is_listed(model.module):
                return listed_trainable(model, source, labels, mode, size)
            notes = _notes(model.module, labels)
            module, fresh = with_classes(model.module, labels)
            if wants_its_task(module) and mode == "full":
                notes += (_TEXTS,)
                module = with_text_encoder(module)
            model = model.changed(module=module)
    words = model.inputs if isinstance(model.inputs, TaskWords) else None
    processor = saved_processor(model.processor, size, model.source, labels)
    module = model.module.to(device="cpu", dtype=torch.float32).requires_grad_(True)
    names = dict(enumerate(labels))
    model = VisionModel(
        module,
        model.source,
        processor,
        names,
        task=task_of(module, names, processor),
        inputs=forward_inputs(module, processor.input_size, words),
    )
    logits_of_grey_image(model, resized=size is not None)
    if mode == "head":
        if not fresh:
            raise OptionError(
                f"mode=head trains a new last layer, and {source} has these classes already; leave it out."
            )
        freeze_all_but(module, fresh)
    told = wants_its_task(module) and mode == "full"
    network = ToldNetwork(module, model.inputs) if told else DenseNetwork(module, model.inputs)
    if true_form(module, model.task) == "map" and task == PixelClasses.name and (why := why_no_loss(model)):
        network = MapNetwork(module, model.inputs, ignored_number(module, len(labels)))
        notes += (f"the model tells no loss ({why}); it learns by the cross-entropy of its pixels",)
    return DenseTrainable(
        network,
        processor,
        model.source,
        tuple(labels),
        "head" if mode == "head" else "full",
        model.task,
        heeds_padding(model),
        notes,
    )


def true_form(module: nn.Module, task: Task) -> TrueForm:
    """How what is true of a segmenter's image is told: by a map of classes, by masks, or by masks with boxes."""
    if "mask_labels" in inspect.signature(module.forward).parameters:
        return "masks"
    return "objects" if isinstance(task, Masks) else "map"


def ignored_number(module: nn.Module, classes: int) -> int:
    """The number by which the model's loss leaves pixels out, as its configuration says it.

    Raises:
        UsageError: it is the number of a class.
    """
    config: Any = getattr(module, "config", None)  # torchvision has none
    names = ("semantic_loss_ignore_index", "loss_ignore_index")
    number = int(next((getattr(config, name) for name in names if hasattr(config, name)), IGNORED))
    if 0 <= number < classes:
        raise UsageError(
            f"the model leaves pixels of number {number} out of its loss, which is one of the {classes} classes of the "
            f"data; set {' or '.join(names)} of its config.json to 65535."
        )
    return number


def _opened(source: Source, task: str) -> VisionModel:
    if isinstance(source, VisionModel):
        model = source.changed(module=deepcopy(source.module))
    else:
        request = LoadRequest(device=torch.device("cpu"), dtype=torch.float32, task=task)
        model = resolve(deepcopy(source) if isinstance(source, nn.Module) else source, request)
    if getattr(model.module, "hf_device_map", None):
        raise UsageError(f"{model.source} is spread over several devices, and training needs it on one.")
    if model.task.name != task:
        raise UsageError(f"{model.source} is a model for {model.task.name}, and cannot be trained for {task}.")
    if not (is_listed(model.module) or isinstance(model.module, PreTrainedModel)):
        raise UsageError(
            f"{model.source} is no model of transformers or torchvision, of which alone detectors and segmenters are "
            "trained here; give one of those."
        )
    if not (is_listed(model.module) or _learns(model.module)):
        raise UsageError(f"{model.source} ({type(model.module).__name__}) has no loss of its own, so it cannot learn.")
    check_in_memory(model.source, model.module)
    check_finite(model.source, model.module)
    return model


def _learns(module: nn.Module) -> bool:
    return bool({"labels", "mask_labels"} & inspect.signature(module.forward).parameters.keys())


def _notes(module: Any, labels: Sequence[str]) -> tuple[str, ...]:
    if knows_classes(module, labels):
        return ()
    own = len(module.config.id2label)
    return (f"a new head for {len(labels)} classes: those of the data are not the model's own ({own})",)


def _from_scratch(
    labels: Sequence[str], task: str, options: Mapping[str, Any], size: tuple[int, int] | None
) -> VisionModel:
    """A model with fresh weights, of the first kind there is for the task unless the options say which."""
    from vitxplain.models.scratch.kinds import check_kind, usual_kind
    from vitxplain.models.scratch.options import pair
    from vitxplain.models.scratch.scratch import scratch

    kind = str(options.get("kind", usual_kind(task)))
    check_kind(kind, task)
    config = {name: value for name, value in options.items() if name != "kind"}
    module = scratch(kind, labels, ({"image_size": size} if size else {}) | config)
    channels = module.config.num_channels
    if channels not in (1, 3):
        raise OptionError(f"num_channels is {channels}; images are read in colour (3) or grey (1).")
    own: Any = module.config.image_size
    pixels = Pixels(pair(own if isinstance(own, int) else tuple(own)), (0.5,) * channels, (0.5,) * channels)
    return VisionModel(module, f"scratch {kind}", pixels.processor("transformers"), dict(enumerate(labels)))
