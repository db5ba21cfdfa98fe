"""Window attention of transformers on the image, against loops that cut, shift and reorder by hand."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from tests.sweeps.lively import noise
from tests.sweeps.transformers_models import tiny_model
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.models.loading.load import load_model

pytestmark = pytest.mark.slow

SIDE, PATCH = 4, 4  # of a window, in tokens; of a token, in pixels
Window = list[tuple[int, int] | None]  # the (row, column) of each key; None is padding


@dataclass(frozen=True)
class Expected:
    """One layer: its weights as the model made them, and its windows as its paper has them."""

    weights: Tensor  # batch window head query key
    windows: list[Window]
    grid: tuple[int, int]

    def map(self, query: tuple[int, int] | None = None) -> Tensor:
        """(batch, head, row, column): what the real queries, or one of them, attend to; slowly."""
        batch, _, heads, queries, _ = self.weights.shape
        found = torch.zeros(batch, heads, *self.grid)
        for number, window in enumerate(self.windows):
            asked = [index for index, place in enumerate(window) if place is not None and query in (None, place)]
            asked = asked if queries == len(window) else list(range(queries))  # pooled queries have no place here
            for key, place in enumerate(window):
                for index in asked if place is not None else []:
                    found[:, :, *place] += self.weights[:, number, :, index, key] / len(asked)
        return found


def swin_windows(rows: int, columns: int, block: int) -> list[Window]:
    """Windows of 4 x 4, padded below and to the right; every second block is shifted by 2, on grids that allow it."""
    side = min(SIDE, rows, columns)
    shift = side // 2 if block % 2 and min(rows, columns) > SIDE else 0
    height, width = -(-rows // side) * side, -(-columns // side) * side
    windows: list[Window] = []
    for top in range(0, height, side):
        for left in range(0, width, side):
            window: Window = []
            for row in range(top, top + side):
                for column in range(left, left + side):
                    place = (row + shift) % height, (column + shift) % width
                    window.append(place if place[0] < rows and place[1] < columns else None)
            windows.append(window)
    return windows


def swin(made: list[Tensor], size: tuple[int, int]) -> list[Expected]:
    """Two stages of two blocks."""
    layers = []
    for number, weights in enumerate(made):
        stage, block = divmod(number, 2)
        grid = tuple(-(-side // (PATCH * 2**stage)) for side in size)
        layers.append(Expected(weights.unflatten(0, (2, -1)), swin_windows(*grid, block), grid))
    return layers


def hiera(made: list[Tensor], size: tuple[int, int]) -> list[Expected]:
    """Mask units of 8 x 8 tokens are windows; within one the tokens to be pooled next lie beside each other."""
    layers = []
    for weights, levels, level in zip(made, (3, 3, 2, 1, 1), (0, 0, 1, 2, 2), strict=True):
        grid = tuple(side // PATCH // 2**level for side in size)
        down, across = (side // PATCH // 8 for side in size)
        units = [(row, column) for row in range(down) for column in range(across)]

        def place(key: int, unit: tuple[int, int], levels: int = levels) -> tuple[int, int]:
            digits = [key // 4 ** (levels - 1 - one) % 4 for one in range(levels)]  # finest first
            row = sum(digit // 2 << one for one, digit in enumerate(digits))
            column = sum(digit % 2 << one for one, digit in enumerate(digits))
            return (unit[0] << levels) + row, (unit[1] << levels) + column

        windows = [[place(key, unit) for key in range(4**levels)] for unit in units]
        if weights.shape[2] == 1:  # all units together, the unit counting fastest
            windows = [[place(key, unit) for key in range(4**levels) for unit in units]]
        layers.append(Expected(weights.transpose(1, 2), windows, grid))
    return layers


CASES: dict[str, tuple[str, Callable, tuple[int, int]]] = {
    "SwinForImageClassification": ("attention", swin, (64, 96)),
    "Swinv2ForImageClassification": ("attention.self", swin, (64, 96)),
    "DonutSwinForImageClassification": ("attention.self", swin, (64, 96)),
    "HieraForImageClassification": ("attn", hiera, (64, 64)),
}


def made_by(module: nn.Module, suffix: str, pixel_values: Tensor) -> list[Tensor]:
    """The weights each attention module returns, in order."""
    made: list[Tensor] = []
    parts = [part for name, part in module.named_modules() if name.endswith(suffix)]
    handles = [part.register_forward_hook(lambda _part, _args, output: made.append(output[1])) for part in parts]
    with torch.no_grad():
        module(pixel_values, output_attentions=True)
    for handle in handles:
        handle.remove()
    return made


@pytest.mark.parametrize("name", CASES)
def test_windows_are_stitched(name: str) -> None:
    suffix, arrange, size = CASES[name]
    check(tiny_model(name), suffix, arrange, size)


@pytest.mark.parametrize("name", ["SwinForImageClassification", "Swinv2ForImageClassification"])
def test_windows_with_padding_are_stitched(name: str) -> None:
    """Grids of 10 x 14 and 5 x 7 in windows of 4 x 4."""
    suffix, arrange, _ = CASES[name]
    check(tiny_model(name, image_size=(40, 56)), suffix, arrange, (40, 56))


def check(module: nn.Module, suffix: str, arrange: Callable, size: tuple[int, int]) -> None:
    pixel_values = noise(size, 2)
    used = module.config._attn_implementation
    module.set_attn_implementation("eager")
    layers = arrange(made_by(module, suffix, pixel_values), size)
    module.set_attn_implementation(used)
    model = load_model(module, mean=0.5, std=0.5, size=size)
    for number, layer in enumerate(layers):
        found = RawAttention(layer=number).explain(model, pixel_values)[:, 0]
        torch.testing.assert_close(found, layer.map(), atol=1e-5, rtol=0)
        if layer.weights.shape[-2] == layer.weights.shape[-1]:
            found = RawAttention(layer=number, query="1,2").explain(model, pixel_values)[:, 0]
            torch.testing.assert_close(found, layer.map((1, 2)), atol=1e-5, rtol=0)
