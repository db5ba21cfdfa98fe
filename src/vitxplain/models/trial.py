"""One pass with a grey image: does the model take this size, and how many classes has it?"""

import torch
from PIL import Image

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.errors import ModelLoadError, VitxplainError
from vitxplain.models.vision_model import VisionModel
from vitxplain.types import Logits


def trial_logits(model: VisionModel, asked_size: tuple[int, int] | None = None) -> Logits:
    """The logits of one grey image, the module left as found.

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
        hint = "it takes only its own size; leave image_size out" if asked_size else "check the processor and the size"
        raise ModelLoadError(f"{model.source} fails on an input of {size} pixels ({reason}); {hint}.") from error
    if not isinstance(logits, torch.Tensor) or logits.dim() != 2 or logits.shape[0] != 1:
        shape = tuple(getattr(logits, "shape", ()))
        raise ModelLoadError(
            f"{model.source} returns {type(logits).__name__} of shape {shape} for one image, not logits (1, classes); "
            "give a model for image classification."
        )
    return logits
