"""Network: wraps any library's network for the Trainer, and keeps the statistics of frozen norms."""

from collections.abc import Callable
from typing import Any

from torch import nn
from transformers.modeling_outputs import ImageClassifierOutput

from vitxplain.tasks.base import LOGITS
from vitxplain.tasks.classification import Classification
from vitxplain.types import PixelValues

_KEEPS_STATISTICS = (nn.modules.batchnorm._BatchNorm, nn.modules.instancenorm._InstanceNorm)


class Network(nn.Module):
    """`network(pixel_values=...)` gives an object with `.logits`, whatever library the network is of.

    Norms that keep statistics do not update them while their own weights are frozen.
    """

    def __init__(self, network: nn.Module, inputs: Callable[[PixelValues], dict[str, Any]] | None) -> None:
        super().__init__()
        self.network, self.inputs = network, inputs

    def forward(self, pixel_values: PixelValues) -> ImageClassifierOutput:
        output = self.network(**self.inputs(pixel_values)) if self.inputs else self.network(pixel_values)
        return ImageClassifierOutput(logits=Classification().outputs(output)[LOGITS])

    def train(self, mode: bool = True) -> "Network":
        super().train(mode)
        for part in self.network.modules():
            if isinstance(part, _KEEPS_STATISTICS) and not any(weight.requires_grad for weight in part.parameters()):
                part.eval()
        return self
