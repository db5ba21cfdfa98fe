"""Class activation map (Zhou et al. 2016, arXiv 1512.04150)."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.errors import OptionError
from vitxplain.explainers.base import LayerExplainer
from vitxplain.models.offers import FEATURE_MAP, LINEAR_HEAD
from vitxplain.options.checks import check_name
from vitxplain.types import PatchMap


@dataclass(frozen=True)
class CAM(LayerExplainer):
    """The pooled feature map weighted by the class's row of the linear head (Zhou et al. 2016, arXiv 1512.04150).

    Args:
        layer: the node whose output is pooled; None takes the one the probe found.

    The map's mean plus the head's bias is the logit, exactly.
    """

    layer: str | None = None

    needs: ClassVar[frozenset[str]] = frozenset({FEATURE_MAP, LINEAR_HEAD})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_name("layer", self.layer)

    def attribute(self, activation: LayerActivation) -> PatchMap:
        """Sum over channels of weight x feature.

        Raises:
            OptionError: the chosen layer is not the one the linear head reads.
        """
        weights, channels = activation.head_weights, activation.values.shape[1]
        if weights is None or weights.shape[1] != channels:
            raise OptionError(
                f"layer {activation.layer!r} ({channels} channels) is not the one whose average the linear head reads, "
                "and cam takes no other; leave `layer` out, or use grad-cam."
            )
        return torch.einsum("bc,bcij->bij", weights, activation.values)
