"""A segmenter that learns from texts as well (OneFormer, arXiv 2211.06220, section 3.3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from jaxtyping import Int
from torch import Tensor
from transformers import PreTrainedModel

from vitxplain.train.network.dense import DenseNetwork
from vitxplain.types import PixelValues

_LEARNS = "is_training"  # as the library calls it, of the configuration and of the parts that heed it


class ToldNetwork(DenseNetwork):
    """`network(pixel_values=..., mask_labels=..., text_inputs=...)`: the texts count in a training step alone.

    Elsewhere the network is what it is when it is used, and its loss has no term of texts.
    """

    def forward(
        self, pixel_values: PixelValues, text_inputs: Int[Tensor, "batch text token"] | None = None, **others: Any
    ) -> Any:
        network: Any = self.network
        if text_inputs is None or not self.training:
            return super().forward(pixel_values, **others)
        with _learning(network):
            return super().forward(pixel_values, text_inputs=text_inputs, **others)


def with_text_encoder(module: PreTrainedModel) -> PreTrainedModel:
    """The segmenter with the part that reads texts, which one that was opened to be used lacks; else itself.

    It is drawn as the library draws it, from torch's global generator.
    """
    config: Any = deepcopy(module.config)
    setattr(config, _LEARNS, True)
    renewed = type(module)(config)
    own = module.state_dict()
    if renewed.state_dict().keys() == own.keys():
        renewed = module
    else:
        renewed.load_state_dict(own, strict=False)
    for part in (renewed.config, *_parts(renewed)):
        setattr(part, _LEARNS, False)
    return renewed


@contextmanager
def _learning(network: PreTrainedModel) -> Iterator[None]:
    parts = (network.config, *_parts(network))
    before = [getattr(part, _LEARNS) for part in parts]
    for part in parts:
        setattr(part, _LEARNS, True)
    try:
        yield
    finally:
        for part, value in zip(parts, before, strict=True):
            setattr(part, _LEARNS, value)


def _parts(network: PreTrainedModel) -> list[Any]:
    return [part for part in network.modules() if _LEARNS in vars(part)]
