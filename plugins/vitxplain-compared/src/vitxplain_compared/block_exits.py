"""BlockExits: each block of a stack cut off from the one before, and the rest of the model run on its output."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from vitxplain.plugins import AttentionLayout, UnsupportedModelError, ready


@dataclass(eq=False)
class BlockExits:
    """What a pass left: the leaves its blocks start from, and how many blocks there are."""

    blocks: int
    starts: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)


def block_paths(layouts: Sequence[AttentionLayout]) -> list[str]:
    """The module round each layer's attention that holds no other layer's, first layer first.

    Raises:
        UnsupportedModelError: layers share a module, or there is only one.
    """
    paths = [layout.path for layout in layouts if layout.kind == "token" and layout.grid is not None]
    blocks = [_block(path, paths) for path in paths]
    if len(paths) < 2 or None in blocks:
        raise UnsupportedModelError("the model's attention layers are not modules of their own, one after the other.")
    return [block for block in blocks if block is not None]


@contextmanager
def block_exits(module: nn.Module, paths: Sequence[str]) -> Iterator[BlockExits]:
    """While active, no gradient passes from a block to the one before, and what follows the last block sees the
    outputs of all blocks as one batch, first block first: logits are (block * batch, class).

    Raises:
        UnsupportedModelError: within the pass, if the blocks' outputs differ in shape.
    """
    exits = BlockExits(len(paths))
    thread = threading.get_ident()
    parts = dict(module.named_modules())
    handles = []
    try:
        for number, path in enumerate(paths):
            handles += [
                parts[path].register_forward_pre_hook(_entering(exits, thread), with_kwargs=True),
                parts[path].register_forward_hook(_leaving(exits, thread, last=number == len(paths) - 1)),
            ]
        yield exits
    finally:
        for handle in handles:
            handle.remove()


def _block(path: str, paths: Sequence[str]) -> str | None:
    """The shortest part of a path that no other path shares."""
    words = path.split(".")
    for count in range(1, len(words) + 1):
        start = ".".join(words[:count])
        if sum(f"{other}.".startswith(f"{start}.") for other in paths) == 1:
            return start
    return None


def _entering(exits: BlockExits, thread: int) -> Any:
    def hook(part: nn.Module, args: tuple, kwargs: dict[str, Any]) -> Any:  # noqa: ARG001
        if threading.get_ident() != thread:
            return None
        torch.set_grad_enabled(True)  # the pass that runs this restores it
        return tuple(map(cut, args)), {name: cut(value) for name, value in kwargs.items()}

    def cut(value: Any) -> Any:
        if not isinstance(value, Tensor) or not value.is_floating_point():
            return value
        leaf = ready(value).detach().requires_grad_()
        exits.starts.append(leaf)
        return leaf.view_as(leaf)  # what follows may work in place, which a leaf forbids

    return hook


def _leaving(exits: BlockExits, thread: int, *, last: bool) -> Any:
    def hook(part: nn.Module, args: tuple, output: Any) -> Any:  # noqa: ARG001
        if threading.get_ident() != thread:
            return None
        first = output[0] if isinstance(output, (tuple, list)) else output
        if not isinstance(first, Tensor) or (exits.outputs and first.shape != exits.outputs[0].shape):
            raise UnsupportedModelError("the model's blocks hand on tensors of different shapes.")
        exits.outputs.append(first)
        passed = torch.cat(exits.outputs) if last else first.clone()
        return passed if isinstance(output, Tensor) else type(output)((passed, *output[1:]))

    return hook
