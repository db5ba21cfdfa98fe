"""The user's own nn.Module, with a processor or mean, std and size."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from vitxplain.errors import ModelLoadError, UsageError, reason
from vitxplain.files.paths import is_file, is_folder, user_path
from vitxplain.models.input_channels import is_doubtful, taken_channels
from vitxplain.models.loading.adapter import LoadRequest
from vitxplain.models.loading.hub import PROCESSOR_FILES
from vitxplain.models.plain_pass import grey_image, plain_pass
from vitxplain.models.processors.processor import Processor
from vitxplain.models.processors.simple_processor import EXAMPLES, from_callable, per_channel, statistics
from vitxplain.models.vision_model import VisionModel

_SIZES = ("image_size", "eval_size", "anchor_image_size")  # where configurations have the size of the input


def wrap_module(module: nn.Module, request: LoadRequest) -> VisionModel:
    """Any module that maps a batch of images to a batch of logits, left as it is."""
    from vitxplain.models.processors.transformers_processor import wrap_processor

    processor = chosen_processor(request, wrap=lambda own: wrap_processor(own, request.image_size))
    if processor is None:
        raise no_processor(type(module).__name__)
    return VisionModel(module, type(module).__name__, processor, labels={})


def chosen_processor(request: LoadRequest, wrap: Callable[[Any], Processor], channels: int = 3) -> Processor | None:
    """The processor the user stated, in whatever form; None if nothing was said.

    Raises:
        UsageError: part of mean, std and size is missing, or both they and a processor are given.
    """
    by_statistics = request.mean is not None or request.std is not None
    processor = request.processor
    if processor is not None and by_statistics:
        raise UsageError("give either processor= or mean=, std= and size=, not both.")
    if by_statistics:
        if request.mean is None or request.std is None or request.image_size is None:
            raise UsageError(f"mean=, std= and size= belong together: {EXAMPLES}.")
        mean, std = (per_channel(value, channels) for value in (request.mean, request.std))
        return statistics(mean, std, request.image_size)
    if processor is None or isinstance(processor, Processor):
        return processor
    if isinstance(processor, str) or hasattr(processor, "preprocess") or hasattr(processor, "image_processor"):
        return wrap(processor)
    if callable(processor):
        return from_callable(processor)
    raise UsageError(f"processor={processor!r} is nothing that makes pixels of images; give {EXAMPLES}.")


def in_its_channels(model: VisionModel, request: LoadRequest) -> VisionModel:
    """The model with as many channels as its module takes, where one mean and one deviation were given for all.

    Raises:
        ModelLoadError: the module takes another number of channels than its processor makes.
    """
    if not is_doubtful(model):
        return model
    grey_image(model)  # a processor for videos makes frames, not channels
    made, taken = model.processor.channels, taken_channels(model)
    if taken in (None, made):
        return model
    if isinstance(request.mean, (int, float)) and isinstance(request.std, (int, float)):
        numbers = per_channel(request.mean, taken), per_channel(request.std, taken)
        return model.changed(processor=statistics(*numbers, model.processor.input_size))
    channels = f"{taken} channel{'s' * (taken != 1)}"
    way_out = (
        f"it takes {channels}: give a float tensor ({taken}, height, width), or one number for each channel as mean= "
        f"and std=, with size=, or a processor= that makes {channels}"
    )
    plain_pass(model, torch.zeros(1, made, *model.processor.input_size), way_out)  # fails, and says how
    return model


def no_processor(source: str, error: Exception | None = None, config: Any = None) -> ModelLoadError:
    """The error for a model without a processor: neither it nor the user says how images become its input.

    Of a model of transformers `config` may say the size of its input; mean and std no model says.
    """
    remedy = f"give {EXAMPLES}"
    if config is not None:
        size = next((side for name in _SIZES if (side := getattr(config, name, None))), None)
        stated = "" if size is None else f", and its configuration says size={_written(size)}"
        return ModelLoadError(
            f"{source} does not say how images become its input: mean and std are no part of a model{stated}. Give "
            "the processor of its checkpoint, processor=AutoImageProcessor.from_pretrained(NAME), or the mean=, std= "
            "and size= it was trained with, such as mean=0, std=1 for pixels from 0 to 1, which many detectors take."
        )
    if error is None:
        return ModelLoadError(f"{source} does not say how images become its input; {remedy}.")
    folder = user_path(source)
    if is_folder(folder) and not any(is_file(folder / name) for name in PROCESSOR_FILES):
        return ModelLoadError(
            f"{source} does not say how images become its input: {PROCESSOR_FILES[0]} is missing in this folder. Copy "
            "it from the folder or the Hub model you began with; in Python AutoImageProcessor.from_pretrained("
            f'"THE MODEL YOU BEGAN WITH").save_pretrained("{source}"), with AutoImageProcessor of transformers, does '
            f"that. Or {remedy}."
        )
    return ModelLoadError(
        f"{source} does not say how images become its input ({reason(error)}); add or correct its "
        f"{PROCESSOR_FILES[0]}, or in Python {remedy}."
    )


def _written(size: Any) -> str:
    """A size as a configuration has it: one side for both, or (height, width)."""
    sides = tuple(size) if isinstance(size, (list, tuple)) else (size,)
    return f"{sides[0]}" if len(set(sides)) == 1 else f"({', '.join(map(str, sides))})"
