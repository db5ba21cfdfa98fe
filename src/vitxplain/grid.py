"""TokenGrid: which tokens are patches, and where on the image they lie."""

from dataclasses import dataclass, field

from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class TokenGrid:
    """Prefix tokens, then `rows * columns` patches row by row, then suffix tokens.

    `patch_size` is the pitch of the patches in model-input pixels, (height, width).
    `readout` names the tokens the logits are computed from; empty means: the first prefix token,
    or every patch when there is none. `class_token` is the class token's index, where there is one, and `registers` are
    those of register tokens; `shown` are the first rows and columns, where what is beyond is padding around the image.
    These say nothing of how tokens lie, so grids are equal without them.
    """

    rows: int
    columns: int
    num_prefix_tokens: int = 0
    num_suffix_tokens: int = 0
    patch_size: tuple[float, float] = (1.0, 1.0)
    readout: tuple[int, ...] = ()
    class_token: int | None = field(default=None, repr=False, compare=False)
    registers: tuple[int, ...] = field(default=(), repr=False, compare=False)
    shown: tuple[int, int] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if min(self.rows, self.columns) < 1 or min(self.num_prefix_tokens, self.num_suffix_tokens) < 0:
            raise ValueError(f"a token grid has at least one row and column and no negative counts, not {self}")

    @property
    def num_patches(self) -> int:
        return self.rows * self.columns

    @property
    def num_tokens(self) -> int:
        return self.num_prefix_tokens + self.num_patches + self.num_suffix_tokens

    @property
    def patches(self) -> slice:
        """The patch tokens within the token axis."""
        return slice(self.num_prefix_tokens, self.num_prefix_tokens + self.num_patches)

    @property
    def readout_tokens(self) -> tuple[int, ...]:
        """The tokens the logits are computed from, never empty; without those of padding."""
        tokens = self.readout or ((0,) if self.num_prefix_tokens else tuple(range(self.num_tokens))[self.patches])
        if self.shown is None:
            return tokens
        return tuple(token for token in tokens if not self.is_padding(token - self.num_prefix_tokens)) or tokens

    def is_padding(self, patch: int) -> bool:
        """Whether a patch, row * columns + column, lies beside the image; no other number does."""
        if self.shown is None or not 0 <= patch < self.num_patches:
            return False
        row, column = divmod(patch, self.columns)
        return row >= self.shown[0] or column >= self.shown[1]

    def to_map(self, tokens: Float[Tensor, "*leading tokens"]) -> Float[Tensor, "*leading rows columns"]:
        """Values per token (last axis) as a map: prefix and suffix dropped, patches laid out in rows."""
        if tokens.shape[-1] != self.num_tokens:
            raise ValueError(f"{self} has {self.num_tokens} tokens, the tensor {tokens.shape[-1]}")
        return tokens[..., self.patches].unflatten(-1, (self.rows, self.columns))
