"""Similarity of position embeddings (Dosovitskiy et al. 2021, arXiv 2010.11929, figure 7)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from vitxplain.errors import UnsupportedModelError
from vitxplain.explainers.base import Explainer
from vitxplain.models.offers import POSITION_EMBEDDINGS
from vitxplain.tasks.base import TargetLike
from vitxplain.types import PixelValues

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True)
class PositionSimilarity(Explainer):
    """How alike the learned position embeddings of any two patches are (Dosovitskiy et al. 2021, arXiv 2010.11929).

    Cosine similarity of patch (row, column) with patch (row2, column2): symmetric, -1 to 1, 1 with itself.
    A fact about the model, not the image: every image of the batch gets the same. The table is shown as it was learned,
    also where the model stretches it to another input size.
    """

    needs: ClassVar[frozenset[str]] = frozenset({POSITION_EMBEDDINGS})
    axes: ClassVar[str] = "batch row column row2 column2"
    class_specific: ClassVar[bool] = False

    def explain(
        self, model: "VisionModel", pixel_values: PixelValues, target: TargetLike = None
    ) -> Float[Tensor, "batch row column row2 column2"]:
        """The pixels matter only by their size and number; the target not at all.

        Raises:
            UnsupportedModelError: positions are not learned as a table (rotary or relative ones, or none).
        """
        height, width = pixel_values.shape[-2:]
        probe = model.probe((height, width), placed=False)
        where = probe.position_embeddings
        table = where.values(model.module) if where is not None else None
        if table is None:
            reason = probe.missing.get(POSITION_EMBEDDINGS, "no learned table with one row a patch was found")
            raise UnsupportedModelError(f"position-similarity does not fit {model.source}: {reason}")
        similarity = cosine_similarity(table)
        return similarity.expand(len(pixel_values), *similarity.shape)


def cosine_similarity(
    embeddings: Float[Tensor, "row column channel"],
) -> Float[Tensor, "row column row2 column2"]:
    """Of every embedding with every other, in fp32; 0 with an embedding of length zero."""
    unit = F.normalize(embeddings.float(), dim=-1)
    return torch.einsum("ijc,klc->ijkl", unit, unit).clamp(-1, 1)
