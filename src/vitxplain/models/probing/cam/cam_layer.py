"""The layer class activation maps are taken of: the last in patch layout whose patches still move the logit."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from vitxplain.capture.layout import AttentionLayout, Latents, Queries, Text
from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.models.probing.cam.attention_parts import attention_parts
from vitxplain.models.probing.cam.cam_levels import levels_beside
from vitxplain.models.probing.dependence import start_of, steps_after, steps_before
from vitxplain.models.probing.observation import Observation, Output

_OUTPUTS_AT_ONCE = 16  # more than a block of a transformer has
_ENOUGH_PATCHES = 0.05  # share of places with a gradient; a class token's block output has none


def cam_layers(
    observation: Observation,
    score: Tensor,
    layouts: Sequence[AttentionLayout],
    maps: ImageMaps,
    module: nn.Module,
    *,
    levels: bool = False,
) -> tuple[str, ...]:
    """The layer, and the last ones of branches beside it that go into the logits as well; none where there is none.

    With `levels` also maps of other sizes that the score reads directly, though others are computed from them.
    Modules that run in several of the branches have one name and several outputs: layers before them are taken.
    """
    without: frozenset[str] = frozenset()
    for _ in range(2):
        layer = cam_layer(observation, score, layouts, maps, module, without)
        if layer is None:
            return ()
        layers = layer, *_layers_beside(observation, score, layer, layouts, maps, module, without)
        if levels:
            layers = *layers, *_levels(observation, score, layers, layouts, maps, module, without)
        if len(set(layers)) == len(layers):
            return layers
        counts = Counter(name for output in observation.outputs for name in output.returned_by)
        without = frozenset(name for name, count in counts.items() if count > 1)
    return ()


def cam_layer(
    observation: Observation,
    score: Tensor,
    layouts: Sequence[AttentionLayout],
    maps: ImageMaps,
    module: nn.Module,
    without: Collection[str] = (),
) -> str | None:
    """The dotted name of the layer, none of those `without`, or None.

    What lies inside an attention (queries, keys, its own dropout) is passed over: around a ViT's last block that
    leaves its first norm, in a network without a class token the last norm, in a CNN the last stage's output.
    """
    shows_image = _Showing(observation, score, layouts)
    inside = attention_parts(layouts)
    for inner in (inside, ()):
        named = [output for output in observation.outputs if node_name(output, inner, module) not in (None, *without)]
        candidates = [output for output in named if _is_map(output, observation, maps)]
        for output, gradient in _gradients_from_the_end(score, candidates):
            if gradient is None or not _reaches_patches(gradient, maps) or not shows_image(output):
                continue
            if not _is_map_of_scores(output, observation, maps):
                return node_name(output, inner, module)
    return None


def _gradients_from_the_end(score: Tensor, outputs: Sequence[Output]) -> Iterator[tuple[Output, Tensor | None]]:
    """Outputs that have an edge with the score's gradient there, the last first; None where the score ignores one.

    A few are differentiated at a time, each time twice as many: the layer that is sought is mostly among the last, and
    a gradient goes back no further than to what it is asked for.
    """
    with_edges = [(output, output.edge) for output in reversed(outputs) if output.edge is not None]
    start, count = 0, _OUTPUTS_AT_ONCE
    while group := with_edges[start : start + count]:
        gradients = torch.autograd.grad(score, [edge for _, edge in group], retain_graph=True, allow_unused=True)
        yield from zip([output for output, _ in group], gradients, strict=True)
        start, count = start + count, 2 * count


def _layers_beside(
    observation: Observation,
    score: Tensor,
    layer: str,
    layouts: Sequence[AttentionLayout],
    maps: ImageMaps,
    module: nn.Module,
    without: Collection[str],
) -> list[str]:
    """The last layers of other branches that reach the logits beside this one; its own name where it runs in several.

    What goes into the same attention (queries, keys) is no branch.
    """
    chosen = last_output(observation, layer)
    if chosen is None or chosen.edge is None or not observation.image.requires_grad:
        return []
    inside = attention_parts(layouts)
    named = [output for output in observation.outputs if node_name(output, inside, module) not in (None, *without)]
    candidates = [output for output in named if _is_map(output, observation, maps)]
    earlier, start = steps_before(chosen.edge.node), chosen.edge.node
    of_image, later = steps_after(start_of(observation.image)), steps_after(start)
    nodes = [(output, output.edge.node, output.edge) for output in candidates if output.edge is not None]
    apart = [(o, node, edge) for o, node, edge in nodes if node not in earlier and not later(node) and of_image(node)]
    if not apart:
        return []
    gradients = torch.autograd.grad(score, [edge for *_, edge in apart], retain_graph=True, allow_unused=True)
    into = [steps_before(call.output.grad_fn) for call in observation.calls if later(call.output.grad_fn)]
    beside: list[str] = []
    followed: set[Any] = set()
    for (output, node, _), gradient in reversed(list(zip(apart, gradients, strict=True))):
        if gradient is None or node in followed or any(node in steps for steps in into):
            continue
        if _reaches_patches(gradient, maps):
            followed |= steps_before(node)
            beside.append(node_name(output, inside, module) or "")
    return beside


def _levels(
    observation: Observation,
    score: Tensor,
    layers: Sequence[str],
    layouts: Sequence[AttentionLayout],
    maps: ImageMaps,
    module: nn.Module,
    without: Collection[str],
) -> list[str]:
    """The layers of other levels that the score reads."""
    if not observation.image.requires_grad:
        return []
    inside = attention_parts(layouts)
    named = [output for output in observation.outputs if node_name(output, inside, module) not in (None, *without)]
    of_image = steps_after(start_of(observation.image))
    candidates = [o for o in named if _is_map(o, observation, maps) and o.edge is not None and of_image(o.edge.node)]
    chosen = [output for layer in layers if (output := last_output(observation, layer)) is not None]
    beside = levels_beside(score, chosen, candidates, maps, lambda gradient: _reaches_patches(gradient, maps))
    return [node_name(output, inside, module) or "" for output in beside]


def same_output(observation: Observation, layer: str | None) -> frozenset[str]:
    """Every node that returns the tensor the layer returns, unchanged: a stage and its last block are one."""
    output = last_output(observation, layer)
    return frozenset(output.returned_by) if output is not None else frozenset()


def map_shape(observation: Observation, layer: str, maps: ImageMaps) -> tuple[int, int] | None:
    """(rows, columns) of a layer's output in patch layout."""
    output = last_output(observation, layer)
    layout = maps.layout(output.shape) if output is not None else None
    return (layout.rows, layout.columns) if layout is not None else None


def last_output(observation: Observation, layer: str | None) -> Output | None:
    """What the layer returned last."""
    return next((output for output in reversed(observation.outputs) if layer in output.returned_by), None)


def node_name(output: Output, inside: tuple[str, ...], module: nn.Module) -> str | None:
    """The outermost module that returned the tensor, one that computes something where there is any.

    An empty nn.Sequential hands on what others may have read before it ran (Mask2Former's mask features): it is none.
    """
    parts = {name: module.get_submodule(name) for name in output.returned_by if name and not name.startswith(inside)}
    names = [name for name, part in parts.items() if not (isinstance(part, nn.Sequential) and len(part) == 0)]
    computing = [name for name in names if not isinstance(parts[name], (nn.Identity, nn.Dropout))]
    return (computing or names)[-1] if names else None


def _is_map(output: Output, observation: Observation, maps: ImageMaps) -> bool:
    if output.shape[0] != 1 or output.edge is None or is_class_scores(output, observation):
        return False
    return maps.layout(output.shape) is not None


def is_class_scores(output: Output, observation: Observation) -> bool:
    """A second head over patch tokens (VOLO): class scores, no features."""
    return len(output.shape) == 3 and output.from_linear and output.shape[-1] == observation.logits.shape[-1]


def _is_map_of_scores(output: Output, observation: Observation, maps: ImageMaps) -> bool:
    """A segmenter's map of classes or masks, before it is enlarged: one channel each, which nothing else depends on."""
    layout = maps.layout(output.shape)
    if layout is None or output.edge is None:
        return False
    channels, read = layout.to_map(output.tensor).shape[1], (observation.logits, *observation.beside_logits)
    for scores in read:
        if scores.dim() != 4 or not scores.requires_grad or channels != scores.shape[1]:
            continue
        of_first = scores[:, 0].sum() + sum(other.sum() for other in read if other is not scores)
        (gradient,) = torch.autograd.grad(of_first, [output.edge], retain_graph=True, allow_unused=True)
        if gradient is not None and not bool(layout.to_map(gradient)[:, 1:].any()):
            return True
    return False


class _Showing:
    """Whether an output depends on the image, as positions do not; said of all where the score does not show it.

    What is as long as a sequence of object queries, words or latents has to depend on it otherwise than by attention.
    """

    def __init__(self, observation: Observation, score: Tensor, layouts: Sequence[AttentionLayout]) -> None:
        sides = [side for layout in layouts for side in (layout.query_tokens, layout.key_tokens)]
        self._lengths = {side.num_tokens for side in sides if isinstance(side, (Queries, Text, Latents))}
        start = start_of(observation.image) if observation.image.requires_grad else None
        settled = {call.step: call.queries_hear for call in observation.calls if call.scored}
        self._depends, self._hears = steps_after(start), steps_after(start, settled)
        self._is_shown = start is not None and self._depends(score.grad_fn)

    def __call__(self, output: Output) -> bool:
        if not self._is_shown or output.edge is None:
            return True
        is_sequence = len(output.shape) == 3 and output.shape[1] in self._lengths
        return (self._hears if is_sequence else self._depends)(output.edge.node)


def _reaches_patches(gradient: Tensor, maps: ImageMaps) -> bool:
    layout = maps.layout(tuple(gradient.shape))
    if layout is None:
        return False
    reached = layout.to_map(gradient)[0].abs().sum(0) > 0
    return reached.float().mean().item() >= _ENOUGH_PATCHES
