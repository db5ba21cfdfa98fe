"""A CNN that ends early: global average pooling and one linear layer on the map of a node in its middle.

What lies before the node is taken over as a chain of the network's own modules under their own names, found by
watching one pass: each step takes what the one before it returned. So the rest is truly gone, weights load by name, and
the result is plain code that can be exported; stopping the whole network with an exception would give neither.
"""

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from vitxplain.capture.undisturbed import undisturbed
from vitxplain.errors import OptionError
from vitxplain.suggest import did_you_mean, similar_names
from vitxplain.types import Logits, PixelValues


class Chain(nn.Module):
    """Modules in a row; a path may be nested and may come twice, as a shared activation does."""

    def __init__(self, steps: list[tuple[str, nn.Module]]) -> None:
        super().__init__()
        self.steps = [path for path, _ in steps]
        for path, module in steps:
            holder: nn.Module = self
            *outer, name = path.split(".")
            for outer_name in outer:
                if outer_name not in dict(holder.named_children()):
                    holder.add_module(outer_name, nn.Module())
                holder = holder.get_submodule(outer_name)
            holder.add_module(name, module)

    def forward(self, features: Tensor) -> Tensor:
        for step in self.steps:
            features = self.get_submodule(step)(features)
        return features


class CutNetwork(Chain):
    """The chain up to a node, global average pooling and one linear layer."""

    def __init__(self, steps: list[tuple[str, nn.Module]], channels: int, classes: int) -> None:
        super().__init__(steps)
        self.cut_head = nn.Linear(channels, classes)

    def forward(self, pixel_values: PixelValues) -> Logits:
        return self.cut_head(super().forward(pixel_values).mean((2, 3)))


@dataclass(eq=False)
class _Call:
    """One call of a module: what went in and came out, and the calls inside it."""

    path: str
    input: Tensor | None  # None where it took no tensor, or several
    alone: bool = True  # whether it took nothing beside that tensor
    inside: "list[_Call]" = field(default_factory=list)
    output: Any = None


def cut(module: nn.Module, node: str, classes: int, size: tuple[int, int], channels: int = 3) -> CutNetwork:
    """The network up to `node`, with a fresh head; the modules are shared with the network given.

    `node` is the dotted name of a module that returns a map (batch, channel, row, column); `size` is the (height,
    width) of the input in pixels.

    Raises:
        OptionError: no such module, no map, or one that is not reached through modules alone.
    """
    if node not in (names := dict(module.named_modules())) or not node:
        top = ", ".join(name for name, _ in module.named_children())
        hint = did_you_mean(similar_names(node, names, cutoff=0.5), f"its outermost are {top}.")
        raise OptionError(f"cut_at: the model has no layer {node!r}; {hint}")
    pixels = torch.randn(1, channels, *size, generator=torch.Generator().manual_seed(0))
    calls = _calls_to(_call_tree(module, pixels), node)
    if calls is None:
        raise OptionError(f"cut_at: {node} is never called when the model runs; choose a layer that is.")
    features = calls[-1].output
    if not _is_map(features, size):
        is_tensor = isinstance(features, Tensor)
        shape = f"a tensor {tuple(features.shape)}" if is_tensor else f"a {type(features).__name__}"
        raise OptionError(
            f"cut_at: {node} returns {shape}, not a map (batch, channel, row, column) of the image; choose a "
            "convolutional layer or stage (`vitx info` names the one Grad-CAM takes)."
        )
    return CutNetwork(_steps(module, calls, node), features.shape[1], classes).eval()


def _steps(module: nn.Module, calls: list[_Call], node: str) -> list[tuple[str, nn.Module]]:
    """What the first of nested calls does up to the node, names relative to it."""
    outer, inner_call = calls[0], calls[1]
    steps: list[tuple[str, nn.Module]] = []
    features = outer.input
    for call in outer.inside[: outer.inside.index(inner_call) + 1]:
        goes_on = call is inner_call and len(calls) > 2
        if call.input is None or call.input is not features or not (call.alone or goes_on):
            previous = steps[-1][0] if steps else "the input"
            raise OptionError(
                f"cut_at: the model cannot be cut at {node}: between {previous} and {call.path} it computes something "
                "outside its layers. Choose a layer further out, such as the whole block or stage."
            )
        relative = call.path.removeprefix(f"{outer.path}.") if outer.path else call.path
        inner = module.get_submodule(call.path)
        steps.append((relative, Chain(_steps(module, calls[1:], node)) if goes_on else inner))
        features = call.output
    return steps


def _call_tree(module: nn.Module, pixels: Tensor) -> _Call:
    """All calls of one pass, as a tree."""
    names = {one: name for name, one in module.named_modules()}
    root = _Call("", pixels)
    stack = [root]

    def enter(called: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        values = [value for value in (*args, *kwargs.values()) if value is not None]
        tensors = [value for value in values if isinstance(value, Tensor)]
        call = _Call(names[called], tensors[0] if len(tensors) == 1 else None, alone=len(values) == 1)
        stack[-1].inside.append(call)
        stack.append(call)

    def leave(_module: nn.Module, _args: Any, _kwargs: Any, output: Any) -> None:
        stack.pop().output = output

    handles: list[Any] = []
    try:
        for part in list(names)[1:]:
            handles.append(part.register_forward_pre_hook(enter, with_kwargs=True))
            handles.append(part.register_forward_hook(leave, with_kwargs=True))
        with undisturbed(module):
            module(pixels)
    finally:
        for handle in handles:
            handle.remove()
    return root


def _calls_to(call: _Call, node: str) -> list[_Call] | None:
    """The calls from a call down to the first call of the node, each inside the previous; None if there is none."""
    if call.path == node:
        return [call]
    below = next((calls for part in call.inside if (calls := _calls_to(part, node))), None)
    return [call, *below] if below else None


def _is_map(value: Any, size: tuple[int, int]) -> bool:
    """Whether a value is a map of the image: of its proportions, as far as rounding lets them be kept."""
    if not isinstance(value, Tensor) or value.dim() != 4:
        return False
    (height, width), (rows, columns) = size, value.shape[-2:]
    return rows * columns > 1 and abs(rows / height - columns / width) <= 1 / min(height, width)
