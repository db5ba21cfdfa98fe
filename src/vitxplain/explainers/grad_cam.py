"""Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391), by captum."""

from dataclasses import dataclass
from typing import ClassVar

from captum.attr import LayerGradCam
from torch import Tensor, nn

from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.explainers.base import LayerExplainer
from vitxplain.models.offers import FEATURE_MAP, GRADIENTS
from vitxplain.options.checks import check_flag, check_name
from vitxplain.types import FeatureMap, PatchMap, Scores


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
        """Grad-CAM, by captum, of the rest of the network, to first order.

        Grad-CAM knows the rest of the network only through the gradient at the feature map. So does a linear function
        with that gradient: captum runs on it, and the one backward pass through the model serves other methods too.
        """
        if activation.gradient is None:
            raise ValueError('no gradient in this pass: the method must name "gradients" in `needs`')
        rest = _LinearRest(activation.gradient)
        values = activation.values.detach()  # captum makes the very tensor it is given require grad
        cam: Tensor = LayerGradCam(rest, rest.layer).attribute(values, relu_attributions=self.relu)
        return cam[:, 0].detach()


class _LinearRest(nn.Module):
    """feature map -> sum(feature map x gradient), one score an image."""

    def __init__(self, gradient: FeatureMap) -> None:
        super().__init__()
        self.layer = nn.Identity()
        self.gradient = gradient

    def forward(self, values: FeatureMap) -> Scores:
        return (self.layer(values) * self.gradient).flatten(1).sum(1)
