"""How much each block of a stack changes every token: in length, and in direction."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from vitxplain.plugins import UnsupportedModelError

TokenWeights = Float[Tensor, "batch token"]


@dataclass(eq=False)
class Transformations:
    """What one pass left, or several that took a part of the images each."""

    blocks: int
    entering: list[TokenWeights] = field(default_factory=list)  # the tokens' lengths before the first block
    passed: list[TokenWeights] = field(default_factory=list)  # a weight of each token for every block

    @property
    def lengths(self) -> TokenWeights:
        """Of all images' tokens as they enter the first block."""
        return torch.cat(self.entering)

    @property
    def weights(self) -> list[TokenWeights]:
        """Of all images' tokens, first block first."""
        return [torch.cat(self.passed[block :: self.blocks]) for block in range(self.blocks)]


@contextmanager
def transformations(module: nn.Module, paths: Sequence[str]) -> Iterator[Transformations]:
    """While active, the blocks at these paths are measured as they run; nothing about the pass changes."""
    measured = Transformations(len(paths))
    thread = threading.get_ident()
    parts = dict(module.named_modules())
    handles = [parts[path].register_forward_hook(_measure(measured, thread), with_kwargs=True) for path in paths]
    try:
        yield measured
    finally:
        for handle in handles:
            handle.remove()


def transformation(
    before: Float[Tensor, "batch token channel"], after: Float[Tensor, "batch token channel"]
) -> TokenWeights:
    """Ratio of lengths times the normalised exponential cosine: exp(cos) over its mean over the tokens."""
    alike = torch.cosine_similarity(before, after, -1).exp()
    return after.norm(dim=-1) / before.norm(dim=-1).clamp(min=1e-12) * alike / alike.mean(-1, keepdim=True)


def _measure(measured: Transformations, thread: int) -> Any:
    def hook(part: nn.Module, args: tuple, kwargs: dict[str, Any], output: Any) -> None:  # noqa: ARG001
        if threading.get_ident() != thread:
            return
        before = next((one for one in (*args, *kwargs.values()) if isinstance(one, Tensor)), None)
        after = output[0] if isinstance(output, (tuple, list)) else output
        if before is None or not isinstance(after, Tensor) or before.shape != after.shape or before.dim() != 3:
            raise UnsupportedModelError("the model's blocks do not turn tokens into as many tokens of the same size.")
        before, after = before.detach().float(), after.detach().float()
        if len(measured.passed) % measured.blocks == 0:
            measured.entering.append(before.norm(dim=-1))
        measured.passed.append(transformation(before, after))

    return hook
