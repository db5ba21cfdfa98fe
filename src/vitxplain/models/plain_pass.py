"""A forward pass without hooks: it tells whether the model takes an input, and how many classes it has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from PIL import Image

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.errors import ModelLoadError, VitxplainError, reason
from vitxplain.models.tasks import check_output, of_another_task
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.classification import Classification
from vitxplain.types import PixelValues, TaskLogits

FAILED_HINT: Final = "check the size, the processor and the module itself"
RESIZED_HINT: Final = "perhaps it takes only its own size; give another image_size or leave it out"


def grey_image(model: VisionModel) -> PixelValues:
    """One grey image as the model's processor makes it ready.

    Raises:
        ModelLoadError: the processor is one for videos.
    """
    pixels = model.processor([Image.new("RGB", (64, 64), (128, 128, 128))])
    if pixels.dim() == 5:
        raise of_another_task(model.source, "a video classifier", type(model.module).__name__)
    return pixels


def logits_of_grey_image(model: VisionModel, *, resized: bool = False) -> TaskLogits:
    """The logits of one grey image, the module left as found; `resized`: at a size that is not the model's own.

    Raises:
        ModelLoadError: the module fails on its input, or what it returns are no logits.
    """
    logits = plain_pass(model, grey_image(model), RESIZED_HINT if resized else FAILED_HINT)
    if not model.task.finds:
        check_logits(model.source, logits)
    return logits


def plain_pass(model: VisionModel, pixels: PixelValues, hint: str = FAILED_HINT) -> TaskLogits:
    """The logits of an input, the module left as found.

    Raises:
        ModelLoadError: the module fails, or what it returns is the output of another task.
    """
    with _failures_worded(model, pixels, hint):
        raw = _raw(model, pixels)
        if isinstance(model.task, Classification):
            check_output(model.source, model.module, raw)
        return model.task.outputs(raw)[LOGITS]


def returned(model: VisionModel, pixels: PixelValues, hint: str = FAILED_HINT) -> Any:
    """Whatever the module returns for an input, the module left as found; errors as `plain_pass`."""
    with _failures_worded(model, pixels, hint):
        return _raw(model, pixels)


def _raw(model: VisionModel, pixels: PixelValues) -> Any:
    with undisturbed(model.module), torch.no_grad():
        return model.output(pixels)


@contextmanager
def _failures_worded(model: VisionModel, pixels: PixelValues, hint: str) -> Iterator[None]:
    try:
        yield
    except VitxplainError:
        raise
    except Exception as error:
        channels, height, width = pixels.shape[-3:]
        plural = "s" * (channels != 1)
        if len(pixels) > 1 and _runs(model, pixels[:1]):
            raise ModelLoadError(
                f"{model.source} takes one image at a time and fails on {len(pixels)} at once ({reason(error)}); "
                "its images pass in batches here. Let it take a batch of any size; an exported program does if it was "
                'exported with dynamic_shapes, such as ({0: torch.export.Dim("batch")},) and two images.'
            ) from error
        raise ModelLoadError(
            f"{model.source} fails on an input of {height} x {width} pixels with {channels} channel{plural} "
            f"({reason(error)}); {hint}."
        ) from error


def _runs(model: VisionModel, pixels: PixelValues) -> bool:
    try:
        _raw(model, pixels)
    except Exception:  # whatever a module raises
        return False
    return True


@contextmanager
def plain_pass_on_failure(model: VisionModel, pixels: PixelValues) -> Iterator[None]:
    """Around a pass with hooks: where it fails, the same pass is run without them, to say whether the module fails.

    Raises:
        ModelLoadError: the module fails without hooks too. What only the pass with hooks raises goes on as it is.
    """
    try:
        yield
    except (VitxplainError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception:
        plain_pass(model, pixels)
        raise


def check_logits(source: str, logits: object) -> None:
    """Raises:
    ModelLoadError: what a module returned for one image is no row of logits.
    """
    if not isinstance(logits, torch.Tensor) or logits.dim() != 2 or logits.shape[0] != 1:
        shape = f" of shape {tuple(logits.shape)}" if isinstance(logits, torch.Tensor) else ""
        raise ModelLoadError(
            f"{source} returns a {type(logits).__name__}{shape} for one image, not logits (1, classes); "
            "give a model for image classification."
        )
