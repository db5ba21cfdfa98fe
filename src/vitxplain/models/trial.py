"""One pass with a grey image: does the model take this size, and how many classes has it?"""

import torch
from PIL import Image

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.errors import ModelLoadError, VitxplainError
from vitxplain.models.vision_model import VisionModel
from vitxplain.types import Logits


def trial_logits(model: VisionModel, *, resized: bool = False) -> Logits:
    """The logits of one grey image, the module left as found; `resized`: at a size that is not the model's own.

    Raises:
        ModelLoadError: the module fails on its input, or what it returns are no logits.
    """
    pixels = model.processor([Image.new("RGB", (64, 64), (128, 128, 128))])
    size = f"{pixels.shape[-2]} x {pixels.shape[-1]}"
    try:
        with undisturbed(model.module), torch.no_grad():
            logits = model.logits(pixels)
    except VitxplainError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        hint = "it takes only its own size; leave image_size out" if resized else "check the processor and the size"
        raise ModelLoadError(f"{model.source} fails on an input of {size} pixels ({reason}); {hint}.") from error
    check_logits(model.source, logits)
    return logits


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
