"""Similarity of patch features (Amir et al. 2021, arXiv 2112.05814; of DINO's, arXiv 2104.14294)."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor
from torch.nn import functional as F

from vitxplain.capture.layer_tap import LayerActivation
from vitxplain.errors import OptionError
from vitxplain.explainers.base import LayerExplainer
from vitxplain.explainers.query import asking_token, check_query
from vitxplain.models.offers import PATCH_FEATURES
from vitxplain.options.checks import check_name
from vitxplain.types import PatchMap


@dataclass(frozen=True)
class PatchSimilarity(LayerExplainer):
    """How alike the features of one patch and of every patch are (Amir et al. 2021, arXiv 2112.05814).

    Args:
        layer: the node whose output holds the features; None takes the last one in patch layout, a ViT's last norm.
        query: the patch that all are compared with, "row,column" or row * columns + column, "class" for the class
            token, or "register:0"; None takes the class token, or the mean of all patches where the model has none.

    Values are cosines, -1 to 1; a patch has 1 with itself. Not about a class.
    """

    layer: str | None = None
    query: int | str | None = None

    needs: ClassVar[frozenset[str]] = frozenset({PATCH_FEATURES})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_name("layer", self.layer)
        check_query(self.query)

    def attribute(self, activation: LayerActivation) -> PatchMap:
        """The cosine of each patch with the token that asks.

        Raises:
            OptionError: there is no such token, or several layers were named.
        """
        tokens, grid = activation.tokens, activation.grid
        if tokens is None or grid is None:
            raise OptionError(f"layer {activation.layer!r} names several layers; patch-similarity compares within one.")
        patches = tokens[:, grid.patches]
        query = "class" if self.query is None and grid.class_token is not None else self.query
        asking: Tensor = patches.mean(1) if query is None else tokens[:, asking_token(query, grid)]
        return (
            F.cosine_similarity(patches, asking[:, None], dim=-1).clamp(-1, 1).unflatten(1, (grid.rows, grid.columns))
        )
