"""An ensemble: the geometric mean of several methods' maps."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from vitxplain.plugins import Explainer, OptionError, PatchMap, PixelValues, TargetLike, check_share, shared_pass
from vitxplain_compared.members import Combined, built

if TYPE_CHECKING:
    from vitxplain.plugins import VisionModel


@dataclass(frozen=True)
class Ensemble(Combined):
    """The geometric mean of several methods' maps, each from 0 to 1: high where all of them are.

    Args:
        members: names of two or more methods that give one map an image, with their default options.
        floor: what a map counts at least, so that one method's zero does not silence the others.

    They share one forward and one backward pass. Where their maps differ in size the largest counts.
    """

    members: tuple[str, ...] = ("affinity-attention", "gradient-rollout", "attention-rollout")
    floor: float = 0.05

    def __post_init__(self) -> None:
        check_share("floor", self.floor, include_zero=False, include_one=False)
        if not isinstance(self.members, tuple) or len(set(self.members)) < 2:
            raise OptionError(f"members is {self.members!r}; it takes two or more names, such as rollout,grad-cam.")

    def parts(self) -> Mapping[str, Explainer]:
        """The members."""
        return built(self.members, Ensemble, "in an ensemble")

    def explain(self, model: "VisionModel", pixel_values: PixelValues, target: TargetLike = None) -> PatchMap:
        """As of every explainer.

        Raises:
            OptionError: a member gives no map of the image, or is an ensemble itself.
        """
        maps = shared_pass(model, pixel_values, list(self.parts().values()), target).maps
        rows, columns = (max(one.shape[axis] for one in maps) for axis in (1, 2))
        sized = [F.interpolate(one[:, None], (rows, columns), mode="bilinear", align_corners=False) for one in maps]
        return torch.stack([(_unit_range(one) + self.floor).log() for one in sized]).mean(0).exp()[:, 0] - self.floor


def _unit_range(maps: Float[Tensor, "batch 1 row column"]) -> Float[Tensor, "batch 1 row column"]:
    lowest, highest = maps.amin((2, 3), keepdim=True), maps.amax((2, 3), keepdim=True)
    return ((maps - lowest) / (highest - lowest)).masked_fill(highest == lowest, 0.0)
