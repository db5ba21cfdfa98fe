"""Levels: maps of other sizes that the score reads beside the layer of Grad-CAM, as those of a detector's neck."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge

from vitxplain.capture.patch_layout import ImageMaps
from vitxplain.models.probing.observation import Output


def levels_beside(
    score: Tensor,
    chosen: Sequence[Output],
    candidates: Sequence[Output],
    maps: ImageMaps,
    reaches: Callable[[Tensor], bool],
) -> list[Output]:
    """Of each other size the last of the candidates that the score depends on otherwise than through those chosen.

    `reaches` says of a gradient whether it is about enough places. Found by differentiating while nothing flows back
    through what was chosen, nor through other maps of these sizes: a coarser level is often computed from a finer one
    that is read as well, and a backbone's maps reach a level too small to be a map by way of its last stage.
    """
    taken = list(chosen)
    beside: list[Output] = []
    while True:
        sizes = {_size(output, maps) for output in taken}
        passed = [output for output in candidates if _size(output, maps) in sizes]
        edges = [output.edge for output in [*taken, *passed] if output.edge is not None]
        past = _steps_past(score.grad_fn, edges)
        left = [o for o in candidates if o.edge is not None and o.edge.node in past and _size(o, maps) not in sizes]
        with _blocked(edges):
            level = _last_reached(score, left, reaches)
        if level is None:
            return beside
        taken.append(level)
        beside.append(level)


def _last_reached(score: Tensor, outputs: Sequence[Output], reaches: Callable[[Tensor], bool]) -> Output | None:
    edges = [output.edge for output in outputs if output.edge is not None]
    if not edges:
        return None
    gradients = torch.autograd.grad(score, edges, retain_graph=True, allow_unused=True)
    pairs = reversed(list(zip(outputs, gradients, strict=True)))
    return next((output for output, gradient in pairs if gradient is not None and reaches(gradient)), None)


def _size(output: Output, maps: ImageMaps) -> tuple[int, int] | None:
    layout = maps.layout(output.shape)
    return None if layout is None else (layout.rows, layout.columns)


def _steps_past(last: Any, edges: Sequence[GradientEdge]) -> set[Any]:
    """The steps of the graph before the last one that are reached without passing any of these edges' own."""
    past: set[Any] = {edge.node for edge in edges}
    todo = [last]
    while todo:
        step = todo.pop()
        if step is not None and step not in past:
            past.add(step)
            todo += [before for before, _ in step.next_functions]
    return past - {edge.node for edge in edges}


@contextmanager
def _blocked(edges: Sequence[GradientEdge]) -> Iterator[None]:
    """Meanwhile no gradient flows back through these edges."""
    with ExitStack() as handles:
        for edge in edges:
            handles.callback(edge.node.register_prehook(_zero_at(edge.output_nr)).remove)
        yield


def _zero_at(number: int) -> Callable[[tuple[Tensor | None, ...]], tuple[Tensor | None, ...]]:
    def hook(gradients: tuple[Tensor | None, ...]) -> tuple[Tensor | None, ...]:
        blocked = list(gradients)
        gradient = blocked[number]
        if gradient is not None:
            blocked[number] = torch.zeros_like(gradient)
        return tuple(blocked)

    return hook
