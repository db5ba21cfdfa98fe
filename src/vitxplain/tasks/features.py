"""Models without a classifier: what they give is an embedding of the image, and no class is predicted."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from typing import Any, ClassVar, Final, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from vitxplain.errors import TargetError
from vitxplain.geometry import Geometry
from vitxplain.grid import TokenGrid
from vitxplain.tasks.base import (
    LOGITS,
    PROBABILITY,
    ExplainedTarget,
    Prediction,
    Target,
    TargetLike,
    Task,
    TaskOutputs,
    Unit,
)
from vitxplain.tasks.targets.constant import ConstantTarget
from vitxplain.types import Scores

_NUMBER: Final = r"\s*(-?\d+(?:\.\d+)?)\s*"
_PATCH: Final = re.compile(rf"patch\s*@{_NUMBER},{_NUMBER}")
_REGISTER: Final = re.compile(r"register:\d+")
CLASS: Final = "cls"
_ROUNDING: Final = 1e-6  # of a patch: a pixel at its edge is in it
_OF_ENCODERS: Final = {"last_hidden_state", "pooler_output", "image_embeds"}


@dataclass(frozen=True)
class Features(Task):
    """An encoder's embedding, (batch, feature), in the place of logits; methods about a class do not fit it."""

    name: ClassVar[str] = "image-feature-extraction"

    def outputs(self, raw: Any) -> TaskOutputs:
        """The pooled output where the model pools, else the mean of its tokens or of the places of its map."""
        pooled = raw.get("pooler_output") if isinstance(raw, Mapping) else None
        if pooled is None:
            pooled = _first_tensor(raw)
            pooled = pooled.mean(1) if pooled.dim() == 3 else pooled.flatten(2).mean(2) if pooled.dim() > 3 else pooled
        return {LOGITS: pooled.flatten(1)}

    def probabilities(self, outputs: TaskOutputs) -> TaskOutputs:
        return outputs

    def target(self, spelling: TargetLike, labels: Mapping[int, str]) -> Target:
        """None, `cls` for the class token, `patch@x,y` for the patch at this pixel of the image, `register:0`.

        Raises:
            TargetError: anything else.
        """
        if spelling is None or isinstance(spelling, NoTarget):
            return spelling or NoTarget()
        if isinstance(spelling, str) and (spelling.strip() == CLASS or _REGISTER.fullmatch(spelling.strip())):
            return NoTarget(spelling.strip())
        if isinstance(spelling, str) and (match := _PATCH.fullmatch(spelling.strip())):
            return NoTarget(spelling.strip(), (float(match[1]), float(match[2])))
        raise TargetError(
            f"target {str(spelling)[:80]!r} is no class: the model gives features and predicts none. Its tokens are "
            "targets: cls, patch@x,y in pixels of the image, or register:0."
        )

    def predictions(self, probabilities: TaskOutputs, labels: Mapping[int, str], top_k: int) -> list[Prediction]:
        return [Prediction((), (), ())] * len(probabilities[LOGITS])


@runtime_checkable
class Shares(Protocol):
    """How an image lies within a network: `models.views.view.View`."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the image there."""

    def shares(self, down: float, across: float) -> tuple[float, float]:
        """A point given in shares of the input's height and width, in shares of the image within the network."""


@dataclass(frozen=True)
class NoTarget(ConstantTarget):
    """Nothing of the output is explained: methods are about the model and the image.

    A token may be named that asks: the class token, a register, or the patch at a `point` of the original image.
    """

    token: str | None = None
    point: tuple[float, float] | None = None

    def query(self, grid: TokenGrid, geometry: Geometry, view: Shares | None = None) -> str:
        """The token that asks, as methods take it: "class", "register:0", or "row,column" of a patch on the grid.

        `view` says how the image lies within the network, where it is mirrored, padded or cropped there.

        Raises:
            TargetError: the point lies outside the image, or where the model does not look.
        """
        if self.point is None:
            return "class" if self.token in (None, CLASS) else self._register(grid)
        height, width = geometry.image_size
        across, down = geometry.on_input(*self.point)
        size = geometry.input_size
        if not (0 <= self.point[0] < width and 0 <= self.point[1] < height):
            raise TargetError(f"target {self.token!r} lies outside the image of {width} x {height} px.")
        if view is not None:
            (down, across), size = view.shares(down, across), view.size
        row, column = (
            floor(share * side / pitch + _ROUNDING)
            for share, side, pitch in zip((down, across), size, grid.patch_size, strict=True)
        )
        if not (0 <= row < grid.rows and 0 <= column < grid.columns):
            raise TargetError(f"target {self.token!r} lies where the model does not look: it crops.")
        return f"{row},{column}"

    def _register(self, grid: TokenGrid) -> str:
        count = len(grid.registers)
        if int(str(self.token).partition(":")[2]) >= count:
            registers = f"{count} registers, register:0 to register:{count - 1}" if count else "no registers"
            raise TargetError(f"target {self.token!r} is no token here: the model has {registers}.")
        return str(self.token)

    def score(self, outputs: TaskOutputs) -> Scores:
        return outputs[LOGITS].sum(1)

    def head_weights(
        self, head: Float[Tensor, "label channel"], outputs: TaskOutputs
    ) -> Float[Tensor, "batch channel"]:
        return head.sum(0).expand(len(outputs[LOGITS]), -1)

    def describe(
        self, outputs: TaskOutputs, probabilities: TaskOutputs, labels: Mapping[int, str], unit: Unit = PROBABILITY
    ) -> list[ExplainedTarget]:
        return [ExplainedTarget(-1, "no class", 0.0)] * len(outputs[LOGITS])


def gives_tokens(raw: Any) -> bool:
    """Whether a model's output for images is a sequence of tokens, and no logits: that of an encoder without a head.

    What it calls its last hidden state may also be a map.
    """
    if not isinstance(raw, Mapping):
        return isinstance(raw, Tensor) and raw.dim() == 3 and min(raw.shape[1:]) > 1
    others = {name for name, value in raw.items() if isinstance(value, Tensor)} - _OF_ENCODERS
    tokens = None if others else raw.get("last_hidden_state")
    return isinstance(tokens, Tensor) and tokens.dim() in (3, 4) and min(tokens.shape[1:]) > 1


def _first_tensor(raw: Any) -> Tensor:
    if isinstance(raw, Mapping):
        return raw["last_hidden_state"] if "last_hidden_state" in raw else next(iter(raw.values()))
    return raw if isinstance(raw, Tensor) else raw[0]
