"""layer_tap: the outputs of named nodes in one pass, and the place where the graph starts."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from vitxplain.capture.forks import undone_in_child
from vitxplain.capture.sound_graph import enable_gradients
from vitxplain.capture.undisturbed import ready
from vitxplain.errors import OptionError
from vitxplain.grid import TokenGrid
from vitxplain.suggest import similar_names
from vitxplain.types import FeatureMap


class LayerOutputs(dict[str, Tensor]):
    """Outputs by the names of their nodes, each as it was when the node returned it.

    `went_on` holds what the model went on with: the same, until something is written into it in place.
    """

    def __init__(self) -> None:
        super().__init__()
        self.went_on: dict[str, Tensor] = {}


@contextmanager
def layer_tap(
    module: nn.Module,
    names: Iterable[str],
    *,
    differentiable: bool,
    keep: Collection[Tensor] = (),
    begin: Callable[[], object] = enable_gradients,
) -> Iterator[LayerOutputs]:
    """While active, the named nodes' outputs land in the dictionary; the last call of a node counts.

    With `differentiable` the graph starts at the first of them, where `begin` is called: what ran before has none and
    costs nothing. Nothing is written into the module's own tensors, nor into those of `keep`.

    Raises:
        OptionError: the model has no node of that name.
    """
    outputs = LayerOutputs()
    tap = _Tap(module, outputs, keep, threading.get_ident(), differentiable, begin)
    with removed_at_the_end() as handles:
        for name in dict.fromkeys(names):
            node = _node(module, name)
            handles.append(node.register_forward_hook(tap.hook(name)))
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
    with suppress(AttributeError):
        return module.get_submodule(name)
    nodes = dict(module.named_modules())
    near = similar_names(name, nodes, cutoff=0.4)
    hint = f" Near: {', '.join(near)}." if near else ""
    raise OptionError(f"layer {name!r} is no node of the model.{hint} Nodes are the names of `model.named_modules()`.")


@dataclass(frozen=True, eq=False)
class _Tap:
    """What the hooks of one pass share."""

    module: nn.Module
    outputs: LayerOutputs
    keep: Collection[Tensor]
    thread: int
    differentiable: bool
    begin: Callable[[], object]

    def hook(self, name: str) -> Callable[[nn.Module, tuple, Any], Any]:
        def hook(part: nn.Module, args: tuple, output: Any) -> Any:  # noqa: ARG001
            first = output[0] if isinstance(output, (tuple, list)) else output
            if threading.get_ident() != self.thread or not isinstance(first, Tensor):
                return None
            as_returned, goes_on = self._apart(ready(first), args)
            self.outputs[name], self.outputs.went_on[name] = as_returned, goes_on
            if goes_on is first:
                return None
            return goes_on if isinstance(output, Tensor) else type(output)((goes_on, *output[1:]))

        return hook

    def _apart(self, output: Tensor, args: tuple) -> tuple[Tensor, Tensor]:
        """The output as it is now, and what goes on: what follows may work in place.

        A node that returns its own input works in place itself, and perhaps nobody takes what it returns: there the
        very tensor goes on, computed from a copy of itself.
        """
        if not self.differentiable:
            return output.clone(), output
        self.begin()  # the pass that runs this restores the mode
        if not output.requires_grad:
            leaf = output.detach().clone() if any(output is one for one in args) and self._is_writable(output) else None
            if leaf is not None:
                return leaf.requires_grad_(), output.copy_(leaf)
            output = output.detach().requires_grad_()
        return output, output.clone()

    def _is_writable(self, tensor: Tensor) -> bool:
        kept = (*self.keep, *self.module.parameters(), *self.module.buffers())
        return not tensor._is_view() and not any(tensor is one for one in kept)


@dataclass(frozen=True, eq=False)
class LayerActivation:
    """One layer's output as a feature map (tokens laid out on their grid, prefix and suffix dropped), fp32.

    Values and gradient are those of what the layer returned. Where the model changes that in place before it takes the
    average, a method that needs the linear head gets those of what is averaged. What nobody asked for is None.

    Attributes:
        layer: its name.
        values: (batch, channel, row, column).
        gradient: of the target's raw logit, of the shape of `values`.
        head_weights: (batch, channel), what the target's logit weighs the channels with, where the model ends in
            global average pooling of this layer and one linear layer.
        tokens: (batch, token, channel), all its vectors, those of prefix and suffix tokens among them.
        grid: which token is which.
        parts: where several layers were joined into one, these, each on its own grid.
    """

    layer: str
    values: FeatureMap
    gradient: FeatureMap | None = None
    head_weights: Float[Tensor, "batch pooled"] | None = None  # pooled: the channels of the layer that is averaged
    tokens: Float[Tensor, "batch token channel"] | None = None
    grid: TokenGrid | None = None
    parts: "tuple[LayerActivation, ...]" = ()
