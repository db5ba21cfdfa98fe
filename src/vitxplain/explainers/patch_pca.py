"""Principal components of patch features, three of them as colours (Oquab et al. 2023, arXiv 2304.07193)."""

from dataclasses import dataclass
from typing import ClassVar, Final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.explainers.base import LayerExplainer
from vitxplain.models.offers import PATCH_FEATURES
from vitxplain.options.checks import check_flag, check_name

COMPONENTS: Final = 3
_NOTHING: Final = 1e-5  # of the first component's spread: what is less is rounding


@dataclass(frozen=True)
class PatchPCA(LayerExplainer):
    """The first three principal components of the features of an image's patches (Oquab et al. 2023, arXiv 2304.07193).

    Args:
        layer: the node whose output holds the features; None takes the last one in patch layout, a ViT's last norm.
        foreground: leave the background out, and take the components of the rest: of the two sides that the first
            component parts at its mean, the background is the one that holds more of the image's border.

    Values are in standard deviations over the patches, each component with the sign that makes its largest weight
    positive; the background is 0 in all three. Components are an image's own. Not about a class.
    """

    layer: str | None = None
    foreground: bool = False

    needs: ClassVar[frozenset[str]] = frozenset({PATCH_FEATURES})
    axes: ClassVar[str] = "batch component row column"
    class_specific: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_name("layer", self.layer)
        check_flag("foreground", self.foreground)

    def attribute(self, activation: LayerActivation) -> Float[Tensor, "batch component row column"]:
        return torch.stack([self._of_image(features) for features in activation.values])

    def _of_image(self, features: Float[Tensor, "channel row column"]) -> Float[Tensor, "component row column"]:
        patches = features.flatten(1).T.double()
        scores = components(patches, COMPONENTS)
        if self.foreground:
            inside = foreground(scores[:, 0].unflatten(0, features.shape[1:])).flatten()
            of_inside = components(patches[inside], COMPONENTS)
            scores = torch.zeros_like(scores).masked_scatter(inside[:, None].expand_as(scores), of_inside)
        return scores.T.unflatten(1, features.shape[1:]).float()


def components(patches: Float[Tensor, "patch channel"], count: int) -> Float[Tensor, "patch component"]:
    """The first principal components of the patches, each with variance 1 over them; 0 where there are fewer.

    Their signs are scikit-learn's: of a component's weights the largest is positive.
    """
    centred = patches - patches.mean(0)
    left, spread, weights = torch.linalg.svd(centred, full_matrices=False)
    number = min(count, len(spread))
    there = spread[:number] > _NOTHING * patches.norm().clamp_min(1e-30)
    largest = weights[:number].abs().argmax(1, keepdim=True)
    signs = weights[:number].gather(1, largest)[:, 0].sign()
    scores = left[:, :number] * (signs * there) * max(len(patches) - 1, 1) ** 0.5
    return torch.nn.functional.pad(scores, (0, count - number))


def foreground(first: Float[Tensor, "row column"]) -> Bool[Tensor, "row column"]:
    """The side of the first component that holds less of the border, as shares of its patches there."""
    positive = first > 0
    border = torch.ones_like(positive)
    border[1:-1, 1:-1] = False
    return positive if positive[border].float().mean() <= 0.5 else ~positive
