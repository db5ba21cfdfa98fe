"""Token transformation: gradient x attention, tokens counting by how blocks change them (arXiv 2403.14552)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.plugins import (
    AttentionExplainer,
    AttentionRecord,
    Explainer,
    PatchMap,
    PixelValues,
    TargetLike,
    TokenGrid,
    TokenMatrix,
    UnsupportedModelError,
    carry_relevance,
    offers,
    positive_gradient_attention,
    require,
    shared_pass,
    start_reading,
)
from vitxplain_compared.block_exits import block_paths
from vitxplain_compared.transformations import transformations

if TYPE_CHECKING:
    from vitxplain.plugins import VisionModel


@dataclass(frozen=True)
class TokenTransformation(Explainer):
    """Gradient x attention, each token counting by how blocks transform it (Wu et al. 2024, arXiv 2403.14552).

    The idea of TokenTM, not its letter: the paper measures attention and MLP apart, from inside each; here a block is
    measured as a whole, from its tokens before and after, which any model shows. A token's weight is the ratio of its
    lengths times how little it turned, compared with the other tokens; in the end it counts by its first length.
    """

    needs: ClassVar[frozenset[str]] = frozenset({offers.ATTENTIONS, offers.ATTENTION_GRADIENTS})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def explain(self, model: "VisionModel", pixel_values: PixelValues, target: TargetLike = None) -> PatchMap:
        """As of every explainer.

        Raises:
            UnsupportedModelError: the model's layers are no stack of blocks that keep number and size of the tokens.
        """
        size = pixel_values.shape[-2], pixel_values.shape[-1]
        require(model, [self], size)  # its probe pass comes before the measured one
        probe = model.probe(size)
        grid = probe.grid or TokenGrid(1, 1)
        with transformations(model.module, block_paths(probe.layouts)) as measured:
            layers = shared_pass(model, pixel_values, [_Layers()], target).maps[0]
        row, _ = start_reading([layers[:, -1]], grid)
        for layer, weights in zip(reversed(layers.unbind(1)), reversed(measured.weights), strict=True):
            row = carry_relevance(row, layer * weights[:, None, :], grid)
        return grid.to_map(row * measured.lengths)


@dataclass(frozen=True)
class _Layers(AttentionExplainer):
    """Every layer's positive gradient x attention, as it is."""

    needs: ClassVar[frozenset[str]] = frozenset({offers.ATTENTIONS, offers.ATTENTION_GRADIENTS})
    axes: ClassVar[str] = "batch layer query key"
    class_specific: ClassVar[bool] = True

    def keep(self, record: AttentionRecord) -> TokenMatrix:
        return positive_gradient_attention(record)

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> Float[Tensor, "batch layer query key"]:
        if any(layer.shape[1:] != (grid.num_tokens, grid.num_tokens) for layer in kept):
            raise UnsupportedModelError("the model's layers do not all have the same tokens.")
        return torch.stack(list(kept), 1)
