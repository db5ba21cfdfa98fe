"""Max-sensitivity, beside captum's."""

from collections.abc import Iterator
from itertools import cycle

import torch
from captum.metrics import sensitivity_max
from torch import Tensor

from tests.crosschecks.comparison import Comparison, Pair
from tests.crosschecks.material import asked, own_maps, picture, pixels, tensor
from vitxplain.metrics.base import Case
from vitxplain.metrics.max_sensitivity import MaxSensitivity

OURS = MaxSensitivity(samples=4)


def pairs() -> Iterator[Pair]:
    for one in own_maps():
        noisy = cycle(torch.from_numpy(pixels(image))[None] for image in OURS.noisy(one.image))

        def explain(inputs: tuple[Tensor], one: Case = one) -> tuple[Tensor]:
            maps = asked(one).explain([picture(values) for values in inputs[0].numpy()])
            return (torch.stack([torch.from_numpy(heat) for heat in maps]),)

        def disturb(inputs: Tensor, radius: float, noisy: Iterator[Tensor] = noisy) -> tuple[Tensor]:
            return (torch.cat([next(noisy) for _ in inputs]),)

        found = sensitivity_max(explain, tensor([one]), disturb, OURS.radius, OURS.samples)
        yield OURS.score(one), found.item()


COMPARISONS = [
    Comparison(
        "max-sensitivity",
        "captum",
        "sensitivity_max",
        "8 maps, 4 noisy copies",
        "The same noisy copies given to both. captum draws its noise in the scaled input; ours in the image, whole "
        "levels, clipped to black and white.",
        pairs,
        1e-5,
    )
]
