"""LayerTap: the outputs of named nodes in one pass, and the place where the graph starts."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from vitxplain.capture.forks import undone_in_child
from vitxplain.capture.undisturbed import ready
from vitxplain.errors import OptionError
from vitxplain.suggest import similar_names
from vitxplain.types import FeatureMap


@contextmanager
def layer_tap(module: nn.Module, names: Iterable[str], *, differentiable: bool) -> Iterator[dict[str, Tensor]]:
    """While active, the named nodes' outputs land in the dictionary; the last call of a node counts.

    With `differentiable` the graph starts at the first of them: what ran before has none and costs nothing.

    Raises:
        OptionError: the model has no node of that name.
    """
    outputs: dict[str, Tensor] = {}
    thread = threading.get_ident()
    with removed_at_the_end() as handles:
        for name in dict.fromkeys(names):
            node = _node(module, name)
            handles.append(node.register_forward_hook(_hook(outputs, name, thread, differentiable)))
        yield outputs


@contextmanager
def removed_at_the_end() -> Iterator[list[RemovableHandle]]:
    """A list for the handles of hooks, which are removed at the end, and from what another thread forks meanwhile."""
    handles: list[RemovableHandle] = []

    def remove() -> None:
        for handle in handles:
            handle.remove()

    try:
        with undone_in_child(remove):
            yield handles
    finally:
        remove()


def _node(module: nn.Module, name: str) -> nn.Module:
    nodes = dict(module.named_modules())
    if name in nodes:
        return nodes[name]
    near = similar_names(name, nodes, cutoff=0.4)
    hint = f" Near: {', '.join(near)}." if near else ""
    raise OptionError(f"layer {name!r} is no node of the model.{hint} Nodes are the names of `model.named_modules()`.")


def _hook(outputs: dict[str, Tensor], name: str, thread: int, differentiable: bool) -> Any:
    def hook(part: nn.Module, args: tuple, output: Any) -> Any:  # noqa: ARG001
        first = output[0] if isinstance(output, (tuple, list)) else output
        if threading.get_ident() != thread or not isinstance(first, Tensor):
            return None
        first = ready(first)
        if differentiable and not first.requires_grad:
            torch.set_grad_enabled(True)  # the pass that runs this restores it
            first = first.detach().requires_grad_()
        outputs[name] = first
        # A copy goes on: what follows may work in place, on what must stay as it was here.
        passed = first.clone()
        return passed if isinstance(output, Tensor) else type(output)((passed, *output[1:]))

    return hook


@dataclass(frozen=True, eq=False)
class LayerActivation:
    """One layer's output as a feature map (tokens laid out on their grid, prefix and suffix dropped), fp32.

    `gradient` is that of the target's raw logit. `head_weights` are what the target's logit weighs the channels with,
    where the model ends in global average pooling of this layer and one linear layer. Both None where nobody asked.
    """

    layer: str
    values: FeatureMap
    gradient: FeatureMap | None = None
    head_weights: Float[Tensor, "batch pooled"] | None = None  # pooled: the channels of the layer that is averaged
