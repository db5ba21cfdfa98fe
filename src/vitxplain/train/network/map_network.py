"""A segmenter by the cross-entropy of its pixels, where its library tells no loss."""

from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, interpolate
from transformers.utils.generic import ModelOutput

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.models.plain_pass import grey_image
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.pixel_classes import PixelClasses
from vitxplain.train.network.dense import DenseNetwork
from vitxplain.types import PixelValues

IGNORED = -100  # the number of pixels that the loss does not count, where no configuration says another


class MapNetwork(DenseNetwork):
    """`network(pixel_values, labels)` of a segmenter that gives a map of logits, at whatever resolution.

    The map is brought to the size of what is true, bilinearly, as transformers does it.
    """

    def __init__(self, network: nn.Module, inputs: Any = None, ignored: int = IGNORED) -> None:
        super().__init__(network, inputs)
        self.ignored = ignored

    def forward(
        self, pixel_values: PixelValues, labels: Int[Tensor, "batch height width"] | None = None, **others: Any
    ) -> Any:
        inputs = self.inputs(pixel_values) if self.inputs else None  # torchvision's have another name for the pixels
        raw = self.network(pixel_values, **others) if inputs is None else self.network(**inputs, **others)
        logits = PixelClasses().outputs(raw)[LOGITS]
        if labels is None:
            return ModelOutput(logits=logits)
        whole = interpolate(logits, labels.shape[-2:], mode="bilinear", align_corners=False)
        return ModelOutput(loss=cross_entropy(whole, labels, ignore_index=self.ignored), logits=logits)


def why_no_loss(model: VisionModel) -> str | None:
    """What a segmenter by map says where it is to tell its loss; None where it tells it."""
    pixels = grey_image(model)
    labels = torch.zeros(len(pixels), *pixels.shape[-2:], dtype=torch.long)
    inputs = model.inputs(pixels) if model.inputs else {"pixel_values": pixels}
    with undisturbed(model.module), torch.no_grad():
        try:
            model.module(**inputs, labels=labels)
        except Exception as error:  # of the code of any model
            return f"{type(error).__name__}: {error}"
    return None
