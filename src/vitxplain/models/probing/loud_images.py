"""Images for a model that is silent on noise: a threshold that only its own images pass leaves every gradient zero."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from vitxplain.models.probing.observation import Observation
from vitxplain.types import PixelValues

_COARSE = 4  # patches along each side of what is even over large areas, as photographs are
_ENOUGH_PIXELS = 0.05  # share of them that moves the score
_TIMES = (1.0, 10.0, 100.0)


def louder(noise: PixelValues) -> Iterator[PixelValues]:
    """As many images as there are of noise, coarse and fine at once, each time of higher contrast."""
    generator = torch.Generator().manual_seed(2)
    coarse = torch.randn(*noise.shape[:2], _COARSE, _COARSE, generator=generator).to(noise)
    even = F.interpolate(coarse, size=noise.shape[-2:])
    for times in _TIMES:
        yield times * (even + noise)


def two_of(images: PixelValues) -> Float[Tensor, "2 channel height width"]:
    """The first image and another one; moved along by half, where there is no other."""
    other = images[1:2] if len(images) > 1 else images[:1].roll(images.shape[-1] // 2, -1)
    return torch.cat([images[:1], other])


def is_silent(observation: Observation, score: Tensor, layer: str | None) -> bool:
    """Whether so little of the image got through that nothing can be said of the layers before.

    `score` is computed from what the logits are; `layer` is the one found for class activation maps.
    """
    head = observation.head
    if head is not None and not head.input.is_meta and not bool(head.input.detach().any()):
        return True
    if layer is not None or not (score.requires_grad and observation.image.requires_grad):
        return False
    (gradient,) = torch.autograd.grad(score, observation.image, retain_graph=True, allow_unused=True)
    return gradient is None or (gradient != 0).any(1).float().mean().item() < _ENOUGH_PIXELS
