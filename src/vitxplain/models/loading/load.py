"""load_model: from whatever names a model to a VisionModel."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from vitxplain.errors import ModelLoadError, UsageError
from vitxplain.grid import TokenGrid
from vitxplain.models.batch_forms import stated_form, with_form_by_trial
from vitxplain.models.labels import LabelsLike, class_names, one_more_or_less
from vitxplain.models.loading.adapter import LoadRequest
from vitxplain.models.loading.checkpoint import check_finite, check_in_memory
from vitxplain.models.loading.devices import (
    DeviceLike,
    current,
    device_of,
    dtype_of,
    fits,
    resolve_device,
    resolve_dtype,
    spread,
)
from vitxplain.models.loading.from_module import in_its_channels
from vitxplain.models.loading.source import resolve
from vitxplain.models.objects.holders import ModelHolder, activation_by_loss
from vitxplain.models.outputs.activations import check_activation_name
from vitxplain.models.outputs.find import check_repeatable, with_outputs
from vitxplain.models.plain_pass import logits_of_grey_image
from vitxplain.models.processors.sizes import SizeLike, parse_size
from vitxplain.models.tasks import check_task_name, has_no_head, is_classifier_class
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.classification import Classification
from vitxplain.tasks.features import Features

_ACTIVATIONS: Final = (nn.Softmax, nn.LogSoftmax, nn.Sigmoid)  # where one stands, somebody's own head may end in it


def load_model(
    source: "str | Path | nn.Module | ModelHolder | VisionModel",
    *,
    revision: str | None = None,
    device: DeviceLike = "auto",
    dtype: str | torch.dtype = "auto",
    task: str = "auto",
    output: str | int = "auto",
    activation: str = "auto",
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
        source: in this order: an existing folder; `timm:NAME`, `torchvision:NAME`, `demo-vit`, `demo-detector` and the
            like; a short name of `vitx models`; a Hub id. Or an nn.Module, bare or in the wrappers of parallel
            training, the compiler or peft; or what holds one as its `model`: a pipeline or Trainer of transformers, a
            Learner of fastai. A VisionModel passes through, its device and dtype as the module's are now.
        revision: branch, tag or commit on the Hub.
        device: "auto" (CUDA, MPS, CPU; a module of yours stays where it is), a device, or a map from module names to
            devices, "cpu" or "disk".
        dtype: "auto" (as stored), "float32", "bfloat16", "float16" or a torch.dtype.
        task: "auto" (what the model is for); "image-classification"; or "image-feature-extraction" for a network of
            yours that ends in features: attention is shown, methods about a class do not fit. A model of another task
            is refused, saying what it is.
        output: which of the model's outputs are the class scores: a name ("logits", "heads.species") or a place (1);
            "auto" finds out where only one can be them, and asks where several can.
        activation: what makes probabilities of them: "softmax" (one class of several), "sigmoid" (each class for
            itself) or "none" (values, such as an age). "auto": what the model itself ends in, else what its
            configuration says, else "softmax", for one output "none". Never applied to what is a probability already.
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
    stated = (output, activation) != ("auto", "auto")
    if isinstance(source, VisionModel):
        model = current(source)
        return with_outputs(model, output=output, activation=activation) if stated else model
    check_task_name(task)
    check_activation_name(activation)
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
    names = None if labels is None else class_names(labels)
    model = resolve(source, request)
    headless = task != Classification.name and labels is None and has_no_head(model.module)
    if headless or (
        task == Features.name and not is_classifier_class(model.module)
    ):  # of one's own nothing else says so
        model = replace(model, task=Features(), labels={})
    if task not in ("auto", model.task.name):
        raise UsageError(f"{model.source} is a model for {model.task.name}, not for {task}; leave task out.")
    check_in_memory(model.source, model.module)
    check_finite(model.source, model.module)
    module = _on_devices(model.module, request)
    model = replace(model, module=module, device=device_of(module), dtype=dtype_of(module), stated_grid=_grid(grid))
    own = in_memory and model.inputs is None
    model = replace(model, inputs=stated_form(module)) if own else model
    resized = input_size is not None and mean is None  # another size than the model's own
    outputs = _Outputs(output, activation, None if names is None else len(names), resized, activation_by_loss(source))
    try:
        model = _with_task(in_its_channels(model, request), outputs, in_memory=in_memory)
    except ModelLoadError as error:
        if not own:
            raise
        formed = with_form_by_trial(model, error)
        model = _with_task(in_its_channels(formed, request), outputs, in_memory=in_memory)
    model = replace(model, is_stored=not in_memory)
    return model if names is None else replace(model, labels=class_names(names, len(model.labels)))


@dataclass(frozen=True)
class _Outputs:
    """What the user and the holder of a model say of its outputs; as in `with_outputs`."""

    output: str | int
    activation: str
    classes: int | None
    resized: bool
    by_loss: str

    @property
    def stated(self) -> bool:
        return (self.output, self.activation, self.by_loss) != ("auto", "auto", "auto")


def _with_task(model: VisionModel, outputs: _Outputs, *, in_memory: bool) -> VisionModel:
    """The model with what its outputs mean, as far as a pass must tell."""
    if isinstance(model.task, Features):
        logits_of_grey_image(model, resized=outputs.resized)
        check_repeatable(model)
    elif model.task.finds:
        count = model.task.num_labels({LOGITS: logits_of_grey_image(model, resized=outputs.resized)})
        model = replace(model, labels=one_more_or_less(model.labels, count))
        check_repeatable(model)
    elif not model.labels or outputs.resized or outputs.stated or _is_unproven(model, in_memory=in_memory):
        return with_outputs(model, **asdict(outputs))
    return model


def _is_unproven(model: VisionModel, *, in_memory: bool) -> bool:
    """Whether only a pass can tell what a module returns: its configuration, if any, may say nothing about it."""
    module = model.module
    if type(module).__module__.startswith("transformers_modules"):  # code that came with the model
        return True
    own = type(module).__module__.partition(".")[0] == "transformers" and is_classifier_class(module)
    if not in_memory:
        return False
    ends_otherwise = any(isinstance(part, _ACTIVATIONS) for part in module.modules())
    return not own or ends_otherwise or _last_width(module) != len(model.labels)


def _last_width(module: nn.Module) -> int | None:
    """How many numbers the last layer with weights gives: in a classifier as it was made, one for each label."""
    layers = [part for part in module.modules() if isinstance(part, (nn.Linear, nn.Conv2d))]
    last = layers[-1] if layers else None
    return last.out_features if isinstance(last, nn.Linear) else last.out_channels if last is not None else None


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
