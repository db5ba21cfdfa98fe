"""A method on one layer's output: the direction in which its places differ most (Eigen-CAM, arXiv 2008.00299)."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from vitxplain import explain
from vitxplain.plugins import LayerActivation, LayerExplainer, PatchMap


@dataclass(frozen=True)
class EigenCAM(LayerExplainer):
    """The feature map projected on its first principal direction (Muhammad & Yeasin 2020, arXiv 2008.00299)."""

    layer: str | None = None

    needs: ClassVar[frozenset[str]] = frozenset({"feature_map"})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = False

    def attribute(self, activation: LayerActivation) -> PatchMap:
        features = activation.values.flatten(2)  # (batch, channel, place)
        _, _, directions = torch.linalg.svd(features.mT, full_matrices=False)
        first = directions[:, 0]
        projection = torch.einsum("bcp,bc->bp", features, first)
        sign = projection.sum(1, keepdim=True).sign()  # the direction's sign is arbitrary: more places are bright
        return (projection * sign).unflatten(1, activation.values.shape[2:])


explanation = explain("facebook/deit-tiny-patch16-224", "examples/coffee.jpg", EigenCAM())
print(explanation.method, explanation.values.shape)
