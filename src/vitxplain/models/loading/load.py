"""load_model: from whatever names a model to a VisionModel."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vitxplain.errors import UsageError
from vitxplain.grid import TokenGrid
from vitxplain.models.labels import LabelsLike, class_names, numbered
from vitxplain.models.loading.adapter import LoadRequest
from vitxplain.models.loading.checkpoint import check_finite, check_in_memory
from vitxplain.models.loading.current import current
from vitxplain.models.loading.devices import (
    DeviceLike,
    device_of,
    dtype_of,
    fits,
    resolve_device,
    resolve_dtype,
    spread,
)
from vitxplain.models.loading.from_module import in_its_channels
from vitxplain.models.loading.source import resolve
from vitxplain.models.objects.holders import ModelHolder
from vitxplain.models.plain_pass import logits_of_grey_image
from vitxplain.models.processors.sizes import SizeLike, parse_size
from vitxplain.models.tasks import check_task_name, is_classifier_class
from vitxplain.models.vision_model import VisionModel


def load_model(
    source: "str | Path | nn.Module | ModelHolder | VisionModel",
    *,
    revision: str | None = None,
    device: DeviceLike = "auto",
    dtype: str | torch.dtype = "auto",
    task: str = "auto",
    image_size: SizeLike | None = None,
    processor: Any = None,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    size: SizeLike | None = None,
    labels: LabelsLike | None = None,
    trust_remote_code: bool = False,
    allow_pickle: bool = False,
    grid: "TokenGrid | tuple[int, int] | None" = None,
) -> VisionModel:
    """A model of any library behind one face.

    Args:
        source: in this order: an existing folder; `timm:NAME`, `torchvision:NAME`, `demo-vit`, `demo-cnn`; a short
            name of `vitx models`; a Hub id. Or an nn.Module, bare or in the wrappers of parallel training, the
            compiler or peft; or what holds one as its `model`: a pipeline or Trainer of transformers, a Learner of
            fastai. A VisionModel passes through, its device and dtype as the module's are now.
        revision: branch, tag or commit on the Hub.
        device: "auto" (CUDA, MPS, CPU; a module of yours stays where it is), a device, or a map from module names to
            devices, "cpu" or "disk".
        dtype: "auto" (as stored), "float32", "bfloat16", "float16" or a torch.dtype.
        task: "auto" (what the model is for) or "image-classification", the task whose models can be explained; a
            model of another task is refused, saying what it is.
        image_size: another input size than the model's own, where it can take one; (height, width) in pixels.
        processor: a transformers processor or the source of one, or a function from a PIL image to a
            (channels, height, width) tensor.
        mean: with `std` and `size` instead of a processor; one number a channel, for values in [0, 1].
        std: likewise.
        size: the (height, width) the whole image is resized to.
        labels: class names, a list or {index: name}.
        trust_remote_code: run code that comes with the model.
        allow_pickle: open weights that are a pickle, which can run code too.
        grid: rows and columns of the patch tokens (or the full TokenGrid), where the model's own must not be guessed.

    Raises:
        ModelLoadError: no model could be made of the source; the message says why and what to do.
        UsageError: an argument that cannot be.
    """
    if isinstance(source, VisionModel):
        return current(source)
    check_task_name(task)
    if size is not None and image_size is not None and parse_size(size) != parse_size(image_size):
        raise UsageError(f"size={size!r} and image_size={image_size!r} are the same thing; give one of them.")
    input_size = size if size is not None else image_size
    in_memory = not isinstance(source, (str, Path))
    target_device = None if isinstance(device, Mapping) or (in_memory and device == "auto") else resolve_device(device)
    request = LoadRequest(
        revision=revision,
        image_size=None if input_size is None else parse_size(input_size),
        processor=processor,
        mean=mean,
        std=std,
        dtype=resolve_dtype(dtype),
        device=target_device,
        device_map=dict(device) if isinstance(device, Mapping) else None,
        trust_remote_code=trust_remote_code,
        allow_pickle=allow_pickle,
    )
    model = resolve(source, request)
    if task not in ("auto", model.task.name):
        raise UsageError(f"{model.source} is a model for {model.task.name}, not for {task}; leave task out.")
    check_in_memory(model.source, model.module)
    check_finite(model.source, model.module)
    module = _on_devices(model.module, request)
    model = replace(model, module=module, device=device_of(module), dtype=dtype_of(module))
    model = in_its_channels(replace(model, stated_grid=_grid(grid)), request)
    resized = input_size is not None and mean is None  # another size than the model's own
    unproven = in_memory and not is_classifier_class(model.module)  # labels in its configuration say nothing
    if not model.labels or resized or unproven:
        count = logits_of_grey_image(model, resized=resized).shape[-1]
        model = model if model.labels else replace(model, labels=numbered(count))
    return model if labels is None else replace(model, labels=class_names(labels, len(model.labels)))


def _on_devices(module: nn.Module, request: LoadRequest) -> nn.Module:
    if getattr(module, "hf_device_map", None):  # its library has spread it already
        return module
    if request.dtype is not None:
        module = module.to(request.dtype)
    if request.device_map is not None:
        return spread(module, request.device_map)
    if request.device is None:
        return module
    return module.to(request.device) if fits(module, request.device) else spread(module, "auto")


def _grid(grid: "TokenGrid | tuple[int, int] | None") -> TokenGrid | None:
    if grid is None or isinstance(grid, TokenGrid):
        return grid
    try:
        return TokenGrid(*grid)
    except (TypeError, ValueError) as error:
        raise UsageError(f"grid={grid!r} is no grid of patches; give (rows, columns) or a TokenGrid.") from error
