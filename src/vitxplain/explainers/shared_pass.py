"""One forward pass, and at most one backward, for any number of methods."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

from vitxplain.explainers.base import Explainer
from vitxplain.tasks.classification import TargetLike
from vitxplain.types import Logits, PixelValues

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True, eq=False)
class PassResult:
    """The raw logits and one result a method, in the order asked."""

    logits: Logits
    maps: list[Tensor]


def shared_pass(
    model: "VisionModel", pixel_values: PixelValues, explainers: Sequence[Explainer], target: TargetLike = None
) -> PassResult:
    """Run every explainer on the batch, sharing one forward and one backward pass among those that can."""
    raise NotImplementedError
