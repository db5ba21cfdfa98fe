"""The layer class activation maps are taken of: the last in patch layout whose patches still move the logit."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vitxplain.capture.layout import AttentionLayout, Latents, Queries, Text
from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.models.probing.dependence import depends_on, from_image
from vitxplain.models.probing.observation import Observation, Output

_ENOUGH_PATCHES = 0.05  # share of places with a gradient; a class token's block output has none


def cam_layer(
    observation: Observation, score: Tensor, layouts: Sequence[AttentionLayout], maps: ImageMaps, module: nn.Module
) -> str | None:
    """The dotted name of the layer, or None.

    What lies inside an attention (queries, keys, its own dropout) is passed over: around a ViT's last block that
    leaves its first norm, in a network without a class token the last norm, in a CNN the last stage's output.
    """
    shows_image = _Showing(observation, score, layouts)
    inside = tuple(f"{layout.path}." for layout in layouts if layout.kind != "other" and layout.path)
    for inner in (inside, ()):
        named = [output for output in observation.outputs if _name(output, inner, module)]
        candidates = [output for output in named if _is_map(output, observation, maps)]
        edges = [output.edge for output in candidates if output.edge is not None]
        if not edges:
            continue
        gradients = torch.autograd.grad(score, edges, retain_graph=True, allow_unused=True)
        for output, gradient in reversed(list(zip(candidates, gradients, strict=True))):
            if gradient is not None and _reaches_patches(gradient, maps) and shows_image(output):
                return _name(output, inner, module)
    return None


def same_output(observation: Observation, layer: str | None) -> frozenset[str]:
    """Every node that returns the tensor the layer returns, unchanged: a stage and its last block are one."""
    output = _output(observation, layer)
    return frozenset(output.returned_by) if output is not None else frozenset()


def map_shape(observation: Observation, layer: str, maps: ImageMaps) -> tuple[int, int] | None:
    """(rows, columns) of a layer's output in patch layout."""
    output = _output(observation, layer)
    layout = maps.layout(output.shape) if output is not None else None
    return (layout.rows, layout.columns) if layout is not None else None


def _output(observation: Observation, layer: str | None) -> Output | None:
    """What the layer returned last."""
    return next((output for output in reversed(observation.outputs) if layer in output.returned_by), None)


def _name(output: Output, inside: tuple[str, ...], module: nn.Module) -> str | None:
    """The outermost module that returned the tensor, one that computes something where there is any."""
    names = [name for name in output.returned_by if name and not name.startswith(inside)]
    computing = [name for name in names if not isinstance(module.get_submodule(name), (nn.Identity, nn.Dropout))]
    return (computing or names)[-1] if names else None


def _is_map(output: Output, observation: Observation, maps: ImageMaps) -> bool:
    if output.shape[0] != 1 or output.edge is None or _is_class_scores(output, observation):
        return False
    return maps.layout(output.shape) is not None


def _is_class_scores(output: Output, observation: Observation) -> bool:
    """A second head over patch tokens (VOLO): class scores, no features."""
    return len(output.shape) == 3 and output.from_linear and output.shape[-1] == observation.logits.shape[-1]


class _Showing:
    """Whether an output depends on the image, as positions do not; said of all where the score does not show it.

    What is as long as a sequence of object queries, words or latents has to depend on it otherwise than by attention.
    """

    def __init__(self, observation: Observation, score: Tensor, layouts: Sequence[AttentionLayout]) -> None:
        sides = [side for layout in layouts for side in (layout.query_tokens, layout.key_tokens)]
        self._lengths = {side.num_tokens for side in sides if isinstance(side, (Queries, Text, Latents))}
        self._answers = from_image(observation.image) if observation.image.requires_grad else {}
        self._silenced = self._answers | {call.step: call.queries_hear for call in observation.calls if call.scored}
        self._is_shown = bool(self._answers) and depends_on(score.grad_fn, self._answers)

    def __call__(self, output: Output) -> bool:
        if not self._is_shown or output.edge is None:
            return True
        is_sequence = len(output.shape) == 3 and output.shape[1] in self._lengths
        return depends_on(output.edge.node, self._silenced if is_sequence else self._answers)


def _reaches_patches(gradient: Tensor, maps: ImageMaps) -> bool:
    layout = maps.layout(tuple(gradient.shape))
    if layout is None:
        return False
    reached = layout.to_map(gradient)[0].abs().sum(0) > 0
    return reached.float().mean().item() >= _ENOUGH_PATCHES


@dataclass(frozen=True)
class LinearHead:
    """Where the weight with `logit = weight @ mean(feature map) + bias` is, and which feature map that is of.

    Its values are read in the pass that uses them: weights change, and heads are replaced.
    """

    name: str | None  # of the linear layer or 1 x 1 convolution; None: one channel a class, only averaged
    changed: bool  # whether the map that is averaged is the layer's output after something was written into it


def linear_head(observation: Observation, layer: str | None, maps: ImageMaps) -> LinearHead | None:
    """The head that reads the average of the layer's output, or None."""
    output = _output(observation, layer)
    layout = maps.layout(tuple(output.tensor.shape)) if output is not None else None
    if output is None or layout is None:
        return None
    head, logits = observation.head, observation.logits[0]
    with torch.no_grad():
        pooled = layout.to_map(output.tensor)[0].flatten(1).mean(1)
        if pooled.shape == logits.shape and _equal(pooled, logits):
            return LinearHead(None, output.changed)
        if head is None or head.input.numel() != pooled.numel() or head.module.weight.is_meta:
            return None
        return LinearHead(head.name, output.changed) if _equal(pooled, head.input.flatten()) else None


def _equal(tensor: Tensor, expected: Tensor) -> bool:
    tolerance = 1e-4 if expected.dtype == torch.float32 else 2e-2
    return bool((tensor - expected).abs().max() <= tolerance * expected.abs().max())
