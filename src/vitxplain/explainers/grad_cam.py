"""Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391)."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.explainers.base import LayerExplainer
from vitxplain.models.offers import FEATURE_MAP, GRADIENTS
from vitxplain.options.checks import check_flag, check_name
from vitxplain.types import PatchMap


@dataclass(frozen=True)
class GradCAM(LayerExplainer):
    """A feature map weighted by its mean gradient, channel by channel (Selvaraju et al. 2017, arXiv 1610.02391).

    Args:
        layer: the node whose output is explained; None takes the last one in patch layout that the logit depends on.
        relu: drop negative values, as the paper does for display; by default they are kept.
    """

    layer: str | None = None
    relu: bool = False

    needs: ClassVar[frozenset[str]] = frozenset({FEATURE_MAP, GRADIENTS})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_name("layer", self.layer)
        check_flag("relu", self.relu)

    @property
    def never_negative(self) -> bool:
        return self.relu

    def attribute(self, activation: LayerActivation) -> PatchMap:
        """The channels in the sum that their mean gradients weigh, image by image.

        To the bit as captum's `LayerGradCam`, which runs the model itself and takes most of a second to import.
        """
        if activation.gradient is None:
            raise ValueError('no gradient in this pass: the method must name "gradients" in `needs`')
        weights = activation.gradient.mean((2, 3), keepdim=True)
        cam: Tensor = (weights * activation.values).sum(1)
        return (cam.relu() if self.relu else cam).detach()
