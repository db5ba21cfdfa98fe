"""Which token is computed from which place of a map: by differentiating, not by reading partitions or shifts from code.

Attention is silenced meanwhile (`Observation.silent_attention`): a token then depends on the map only along its own
residual connections, at any depth of the network.
"""

from collections.abc import Callable
from typing import TypeAlias

import torch
from jaxtyping import Float, Int
from torch import Tensor

from vitxplain.types import FeatureMap

ToMap: TypeAlias = Callable[[Tensor], FeatureMap]  # reads a tensor as the map it is

_REACHED = 0.5  # least share of places some token depends on; pooling by maximum may pass a few over


def trace(tokens: Float[Tensor, "token channel"], tensor: Tensor, to_map: ToMap) -> Int[Tensor, "row column"] | None:
    """For each place the token computed from it, at the tokens' own resolution; None if tokens share a place.

    A token is a function of one place, or of one square of them. So the gradient of sum(token * token number) at a
    place is that of sum(token) times the number of the token the place went to: their ratio is the number. Half
    precision cannot tell numbers in the thousands apart, so there they are sent digit by digit.
    """
    base = len(tokens) if tokens.dtype == torch.float32 else 8
    mixing = torch.randn(tokens.shape[1], generator=torch.Generator().manual_seed(0)).to(tokens)
    mixed = tokens * mixing

    def gradient(scores: Tensor) -> Tensor:
        (of_tensor,) = torch.autograd.grad(scores.sum(), tensor, retain_graph=True, materialize_grads=True)
        return to_map(of_tensor)[0].double()  # channel row column

    plain = gradient(mixed)
    reached = (plain != 0).any(0)
    if reached.float().mean() < _REACHED:
        return None
    numbers = torch.arange(len(tokens), device=tokens.device)
    token_at = torch.zeros(plain.shape[1:], dtype=torch.long, device=tokens.device)
    power = 1
    while power < len(tokens):
        digits = gradient(mixed * (numbers // power % base + 1).to(tokens.dtype)[:, None])
        ratio = ((plain * digits).sum(0) / (plain * plain).sum(0) - 1).where(reached, 0)
        if not bool(((ratio - ratio.round()).abs() < 0.2).all()) or ratio.min() < -0.5 or ratio.max() > base - 0.5:
            return None
        token_at += ratio.round().long() * power
        power *= base
    return None if token_at.max() >= len(tokens) else _squares(token_at, reached)


def _squares(token_at: Int[Tensor, "row column"], reached: Tensor) -> Int[Tensor, "row2 column2"] | None:
    """One place for each square of places that went to the same token; None if that is not how they went."""
    rows, columns = token_at.shape
    times = round((token_at.numel() / len(token_at[reached].unique())) ** 0.5)
    if rows % times or columns % times:
        return None
    squares = token_at.masked_fill(~reached, -1).view(rows // times, times, columns // times, times).transpose(1, 2)
    highest = squares.flatten(2).amax(2)
    same = (squares.flatten(2) == highest[..., None]) | (squares.flatten(2) < 0)
    return highest if bool(same.all()) and len(highest.unique()) == highest.numel() and highest.min() >= 0 else None
