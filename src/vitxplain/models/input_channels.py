"""How many channels a module takes: found by running it, where what it says differs from what its processor makes."""

from time import perf_counter
from typing import Final

import torch
from torch import nn

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.models.objects.libraries import configuration
from vitxplain.models.vision_model import VisionModel

MOST: Final = 32  # channels that are tried one after the other
PATIENCE_SECONDS: Final = 5.0  # after which no further number is tried


def is_doubtful(model: VisionModel) -> bool:
    """Whether the module may take another number of channels than its processor makes.

    Only a hint: a configuration may lie, and the first convolution need not be the one that sees the image (TResNet
    folds pixels into 48 channels before it).
    """
    return _stated(model.module) != model.processor.channels


def taken_channels(model: VisionModel) -> int | None:
    """The number of channels the module takes: the processor's, where it runs, else the first that does.

    None where none of those tried does: then something else is wrong.
    """
    started = perf_counter()
    stated, made = _stated(model.module), model.processor.channels
    for channels in dict.fromkeys([made, *([stated] if stated else []), *range(1, MOST + 1)]):
        if _runs(model, channels):
            return channels
        if perf_counter() - started > PATIENCE_SECONDS:
            break
    return None


def _stated(module: nn.Module) -> int | None:
    """What the module says: its configuration, else its first convolution."""
    config = configuration(module)
    number = getattr(getattr(config, "vision_config", config), "num_channels", None)
    if isinstance(number, int):
        return number
    first = next((part for part in module.modules() if isinstance(part, nn.Conv2d)), None)
    return None if first is None else first.in_channels


def _runs(model: VisionModel, channels: int) -> bool:
    """Whether the module takes an image of so many channels."""
    try:
        with undisturbed(model.module), torch.no_grad():
            model.output(torch.zeros(1, channels, *model.processor.input_size))
    except Exception:  # whatever a module raises on what it does not take
        return False
    return True
