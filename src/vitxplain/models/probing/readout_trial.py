"""Which tokens a model without a gradient reads its logits from: found by disturbing them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import get_ident
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.grid import TokenGrid
from vitxplain.models.probing.observation import Observation

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel

# Of what all tokens together move the logits by: rounding to whole numbers lets each of them move all others a little.
_READ = 0.03


def tokens_read(model: "VisionModel", observation: Observation, number: int, grid: TokenGrid) -> tuple[int, ...]:
    """The tokens behind the attention call of this number that the logits are read from.

    Each token beside the patches is tried by itself, the patches together. Where a module returns the tokens after that
    call, a last norm for one, they are disturbed there: the less is computed of them, the less is rounded.
    """
    patches = range(grid.num_tokens)[grid.patches]
    groups = [[token] for token in range(grid.num_tokens) if token not in patches] + [list(patches)]
    returning = _last_module(observation, number, grid.num_tokens)

    def moved_by(rows: Sequence[int]) -> float:
        with torch.no_grad(), undisturbed(model.module), _disturbed(model.module, returning, number, rows):
            return float((model.logits(observation.image) - observation.logits.detach()).float().norm())

    least = _READ * moved_by(range(grid.num_tokens))
    read = [group for group in groups if least > 0 and moved_by(group) >= least]
    return tuple(sorted(token for group in read for token in group))


def _last_module(observation: Observation, number: int, tokens: int) -> tuple[str, int] | None:
    """The module that returns all tokens last after an attention call, and which of its calls does."""
    later = {id(node) for node in observation.nodes[observation.calls[number].nodes_before :]}
    outputs = [output for output in observation.outputs if output.shape[:2] == (1, tokens) and len(output.shape) == 3]
    output = next((output for output in reversed(outputs) if id(output.tensor) in later), None)
    names = [name for name in output.returned_by if name] if output is not None else []
    if not names:
        return None
    return names[0], sum(names[0] in other.returned_by for other in observation.outputs) - 1


@contextmanager
def _disturbed(
    module: nn.Module, returning: tuple[str, int] | None, number: int, rows: Sequence[int]
) -> Iterator[None]:
    if returning is None:
        with AttentionTap(module, _Moving(number, rows)):
            yield
        return
    handle = module.get_submodule(returning[0]).register_forward_hook(_hook(returning[1], rows))
    try:
        yield
    finally:
        handle.remove()


def _hook(number: int, rows: Sequence[int]) -> Callable[[nn.Module, tuple, Any], Any]:
    thread, calls = get_ident(), iter(range(number + 1))

    def after(part: nn.Module, args: tuple, output: Any) -> Any:  # noqa: ARG001
        if get_ident() != thread or next(calls, None) != number:
            return None
        tensor = output[0] if isinstance(output, (tuple, list)) else output
        moved = _moved(tensor, rows)
        return moved if tensor is output else type(output)((moved, *output[1:]))

    return after


def _moved(tensor: Tensor, rows: Sequence[int]) -> Tensor:
    """The same numbers in other channels of these tokens: the range that whole numbers stand for stays."""
    moved = tensor.clone()
    moved[..., list(rows), :] = tensor[..., list(rows), :].roll(1, -1)
    return moved


@dataclass(eq=False)
class _Moving:
    """The watcher that moves what one attention call returns."""

    number: int
    rows: Sequence[int]

    def before(self, call: AttentionCall) -> bool:
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None:
        if call.index == self.number:
            output.copy_(_moved(output, self.rows))

    def hides(self, path: str, how: str) -> None: ...

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None: ...
