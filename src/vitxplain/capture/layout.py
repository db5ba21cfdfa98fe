"""AttentionLayout: what one attention call of a model is, and how its axes become ours."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from jaxtyping import Int
from torch import Tensor

from vitxplain.grid import TokenGrid

Kind: TypeAlias = Literal["token", "window", "channel", "pooling", "branch", "cross", "unused", "other"]


@dataclass(frozen=True, eq=False)
class AttentionLayout:
    """One attention call, in the order the model makes them; found once by the probe.

    `kind`: token (every token asks every token), window (within windows of the grid, or one window of tokens that are
    not in the order of the image), pooling (one or few learned queries ask all tokens), channel (channels ask
    channels), branch (tokens of a second, parallel stream, or learned latents), cross (queries and keys are different
    tokens), unused (the logits do not depend on it) and other (a softmax that is no attention); these are never shown.

    `axes` names the raw weight axes in order, folded ones joined by a star: `"batch*window head query key"`.
    """

    path: str  # dotted name of the module the call ran in
    kind: Kind
    axes: str
    shape: tuple[int, ...]  # raw weights for a batch of one
    heads: int
    num_windows: int = 1
    grid: TokenGrid | None = None  # the tokens that are keys
    # window attention: the grid position (row * columns + column) each key of each window comes from, -1 for padding
    placement: Int[Tensor, "window key"] | None = None

    @property
    def num_queries(self) -> int:
        return self.shape[-2]

    @property
    def num_keys(self) -> int:
        return self.shape[-1]

    def describe(self) -> str:
        """One line for messages and tables."""
        return f"{self.path or 'the model itself'}: {self.kind} attention, {self.num_queries} x {self.num_keys}"
