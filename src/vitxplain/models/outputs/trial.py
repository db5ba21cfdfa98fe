"""Trial: what a model returned for one grey image, with the graph behind it and the activations on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.models.plain_pass import FAILED_HINT, RESIZED_HINT, grey_image, returned
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.activation_inputs import ActivationInputs
from vitxplain.tasks.leaves import leaves
from vitxplain.types import PixelValues


@dataclass(frozen=True, eq=False)
class Trial:
    """One pass; `outputs` are the tensors it returned, by path."""

    pixels: PixelValues
    raw: Any
    outputs: Mapping[str, Tensor]
    activations: ActivationInputs


def trial(model: VisionModel, *, resized: bool = False) -> Trial:
    """Run the model on a grey image, with a graph where it can; the module is left as found.

    Raises:
        ModelLoadError: the module fails on its input.
    """
    pixels = grey_image(model)
    activations = ActivationInputs()
    try:
        with undisturbed(model.module), torch.enable_grad(), activations:
            raw = model.output(pixels.detach().requires_grad_().clone())  # a leaf could not be changed in place
    except Exception:  # some kernel has no derivative; whatever else is wrong shows again
        activations = ActivationInputs()
        with activations:
            raw = returned(model, pixels, RESIZED_HINT if resized else FAILED_HINT)
    return Trial(pixels, raw, leaves(raw), activations)
