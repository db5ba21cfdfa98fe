"""LeGrad: how each layer's own class score reacts to its attention (Bousselham et al. 2024, arXiv 2404.03214)."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from vitxplain.plugins import (
    AttentionExplainer,
    AttentionRecord,
    AttentionTap,
    Collector,
    Explainer,
    PatchMap,
    PixelValues,
    TargetLike,
    TokenGrid,
    check_index,
    layers_from,
    offers,
    plain_pass_on_failure,
    ready,
    require,
    undisturbed,
)
from vitxplain_compared.block_exits import block_exits, block_paths

if TYPE_CHECKING:
    from vitxplain.plugins import VisionModel


@dataclass(frozen=True)
class LeGrad(Explainer):
    """Gradient of each layer's own class score in its attention weights (Bousselham et al. 2024, arXiv 2404.03214).

    Args:
        start_layer: first layer used.

    A layer's score is the class logit that the model's norm and head give for that layer's output. The positive part
    of its gradient, averaged over heads, queries and layers; the weights themselves do not enter. Never negative.
    One forward pass, and a backward pass that never leaves a block.
    """

    start_layer: int = 0

    needs: ClassVar[frozenset[str]] = frozenset({offers.ATTENTIONS, offers.ATTENTION_GRADIENTS})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_index("start_layer", self.start_layer)

    def explain(self, model: "VisionModel", pixel_values: PixelValues, target: TargetLike = None) -> PatchMap:
        """As of every explainer.

        Raises:
            UnsupportedModelError: the model's layers are no stack of blocks of one shape.
        """
        pixel_values = ready(pixel_values).to(model.device, model.dtype)
        size = pixel_values.shape[-2], pixel_values.shape[-1]
        require(model, [self], size)
        probe, target = model.probe(size), model.task.target(target, model.labels)
        sensitivity = _Sensitivity(self.start_layer)
        collector = Collector(probe.layouts, [sensitivity])
        with undisturbed(model.module):
            with ExitStack() as taps:
                taps.enter_context(plain_pass_on_failure(model, pixel_values))
                exits = taps.enter_context(block_exits(model.module, block_paths(probe.layouts)))
                tap = taps.enter_context(AttentionTap(model.module, collector))
                outputs = model.outputs(pixel_values)  # one row a block and image
            with torch.autocast(model.device.type, enabled=False):
                count = len(pixel_values)
                last = {role: tensor[-count:].float() for role, tensor in outputs.items()}
                of_all_blocks = target.fixed(last).select([*range(count)] * exits.blocks)
                score = of_all_blocks.score({role: tensor.float() for role, tensor in outputs.items()}).sum()
                torch.autograd.grad(score, [*exits.starts, *tap.starts], allow_unused=True)
        return collector.combine(probe.grid or TokenGrid(1, 1))[sensitivity]


@dataclass(frozen=True)
class _Sensitivity(AttentionExplainer):
    """The mean over heads and queries of the positive gradient, then over layers."""

    start_layer: int = 0

    needs: ClassVar[frozenset[str]] = frozenset({offers.ATTENTIONS, offers.ATTENTION_GRADIENTS})
    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def keep(self, record: AttentionRecord) -> Float[Tensor, "batch key"]:
        heads = (gradient.relu().mean(1) for _, gradient in record.heads_with_gradients())
        return reduce(Tensor.add_, heads) / record.layout.heads

    def combine(self, kept: Sequence[Tensor], grid: TokenGrid) -> PatchMap:
        patches = [layer[:, _first_patch(layer, grid) :][:, : grid.num_patches] for layer in kept]
        return torch.stack(layers_from(patches, self.start_layer)).mean(0).unflatten(-1, (grid.rows, grid.columns))


def _first_patch(layer: Tensor, grid: TokenGrid) -> int:
    """Layers before the class token joins have patches only."""
    return 0 if layer.shape[-1] == grid.num_patches else grid.num_prefix_tokens
