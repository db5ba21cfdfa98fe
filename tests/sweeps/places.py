"""Where on the image the keys of attention lie: measured, to be compared with what the probe says.

With the outputs of all attention silenced, a token hears of the image only along its own residual connections. The
pixels its value then depends on are its place, at any depth and in whatever order a model keeps its tokens.
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.record import canonical
from vitxplain.capture.sound_graph import SoundBatchNorm
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.grid import TokenGrid
from vitxplain.models.vision_model import VisionModel

KEYS = 6  # tried of each call


@dataclass
class Silencer:
    """Keeps the values of every call; nothing flows back through what attention returns."""

    values: list[Tensor] = field(default_factory=list)

    def before(self, call: AttentionCall) -> bool:
        self.values.append(call.weights.value)
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None:
        if output.requires_grad:
            output.register_hook(torch.zeros_like)

    def hides(self, path: str, function: str) -> None: ...

    def gradient(self, call: AttentionCall, gradients: object) -> None: ...


def misplaced_keys(model: VisionModel, pixel_values: Tensor) -> list[str]:
    """The keys of token, window and pooling attention that do not lie where the probe says, in words."""
    layouts = model.probe(tuple(pixel_values.shape[-2:])).layouts
    silencer = Silencer()
    with undisturbed(model.module), torch.enable_grad(), SoundBatchNorm(), AttentionTap(model.module, silencer):
        pixel_values = pixel_values[:1].clone().requires_grad_()
        model.logits(pixel_values)
    wrong = []
    for layout, value in zip(layouts, silencer.values, strict=True):
        if layout.grid is not None and layout.kind in ("token", "window", "pooling"):
            wrong += _misplaced(layout, layout.grid, value, pixel_values)
    return wrong


def _misplaced(layout: AttentionLayout, grid: TokenGrid, value: Tensor, pixel_values: Tensor) -> list[str]:
    if value.shape[-2] != layout.num_keys:
        value = value.transpose(-2, -1)
    if value.dim() != len(layout.shape) or value.shape[-2] != layout.num_keys:
        return []
    value = canonical(value, layout).transpose(1, 2).flatten(0, 1).flatten(1)  # window*key head*channel
    draw = torch.Generator().manual_seed(0)
    found: dict[int, tuple[int, int] | None] = {}
    for slot in torch.randperm(len(value), generator=draw)[:KEYS].tolist():
        (gradient,) = torch.autograd.grad(value[slot].square().sum(), pixel_values, retain_graph=True)
        found[slot] = _place(gradient[0].abs().sum(0), grid)
    if not any(found.values()):  # stages joined by attention alone: nothing can be told
        return []
    expected = {slot: _expected(layout, grid, slot) for slot in found}
    return [
        f"{layout.describe()}: key {slot} lies at {found[slot]}, not {expected[slot]}"
        for slot in found
        if not _near(found[slot], expected[slot])
    ]


def _near(found: tuple[int, int] | None, expected: tuple[int, int] | None) -> bool:
    """The same place, or one beside it: convolutions before the tokens blur where they come from."""
    if found is None or expected is None:
        return found is expected
    return all(abs(a - b) <= 1 for a, b in zip(found, expected, strict=True))


def _place(mass: Tensor, grid: TokenGrid) -> tuple[int, int] | None:
    """The (row, column) of the grid that the gradient is strongest in."""
    if not mass.any():
        return None
    cells = F.adaptive_avg_pool2d(mass[None, None], (grid.rows, grid.columns))
    return divmod(int(cells.argmax()), grid.columns)


def _expected(layout: AttentionLayout, grid: TokenGrid, slot: int) -> tuple[int, int] | None:
    if layout.placement is not None:
        place = int(layout.placement.flatten()[slot])
    else:
        place = slot % layout.num_keys - grid.num_prefix_tokens
        place = place if place < grid.num_patches else -1
    return None if place < 0 else divmod(place, grid.columns)
