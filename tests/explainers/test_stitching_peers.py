"""Window attention of timm and torchvision on the image, against loops that cut, stride and roll by hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.sweeps.lively import lively, noise
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel

pytestmark = pytest.mark.peers

# The grids of tokens are 8 x 12 and 4 x 6, or 7 x 10 and 4 x 5 where windows of 4 x 4 need padding.
SIZES = [(32, 48), (28, 40)]
SWIN = {"patch_size": 4, "embed_dim": 16, "depths": (2, 2), "num_heads": (2, 4), "window_size": 4, "num_classes": 5}
Windows = list[list[tuple[int, int] | None]]  # of each window, (row, column) of each key; None is padding


@contextmanager
def fused(enable: bool) -> Iterator[None]:
    """timm's switch for the attention of models made meanwhile."""
    from timm.layers import set_fused_attn

    try:
        set_fused_attn(enable, experimental=enable)
        yield
    finally:
        set_fused_attn(True)


def timm_swin(size: tuple[int, int]) -> nn.Module:
    from timm.models.swin_transformer import SwinTransformer

    return SwinTransformer(img_size=size, **SWIN)


def timm_swin_v2(size: tuple[int, int]) -> nn.Module:
    from timm.models.swin_transformer_v2 import SwinTransformerV2

    return SwinTransformerV2(img_size=size, **SWIN)


def timm_maxvit(size: tuple[int, int]) -> nn.Module:
    from timm.models.maxxvit import MaxxVit, MaxxVitCfg, MaxxVitTransformerCfg

    attention = MaxxVitTransformerCfg(dim_head=8, window_size=(2, 3), grid_size=(2, 3))
    parts = MaxxVitCfg(
        embed_dim=(16, 32), depths=(1, 1), block_type=("M", "M"), stem_width=8, transformer_cfg=attention
    )
    return MaxxVit(parts, img_size=size, num_classes=5)


def torchvision_swin(block: str, **settings: Any) -> nn.Module:
    from torchvision.models import swin_transformer

    both = {name: list(value) if isinstance(value, tuple) else value for name, value in (SWIN | settings).items()}
    both |= {"patch_size": [4, 4], "window_size": [4, 4]}
    return swin_transformer.SwinTransformer(block=getattr(swin_transformer, block), **both)


def torchvision_swin_v1(size: tuple[int, int]) -> nn.Module:
    return torchvision_swin("SwinTransformerBlock")


def torchvision_swin_v2(size: tuple[int, int]) -> nn.Module:
    from torchvision.models.swin_transformer import PatchMergingV2

    return torchvision_swin("SwinTransformerBlockV2", downsample_layer=PatchMergingV2)


def both(build: Callable[[tuple[int, int]], nn.Module], size: tuple[int, int]) -> tuple[VisionModel, nn.Module]:
    """The model with fused attention where the library can, and a second instance without, of the same weights."""
    with fused(True):
        module = lively(build(size))
    with fused(False):
        plain = build(size).eval()
    plain.load_state_dict(module.state_dict())
    return load_model(module, mean=0.5, std=0.5, size=size), plain


def hooked(plain: nn.Module, images: Tensor) -> list[Tensor]:
    """What timm's attention modules drop out, (batch * window, head, query, key), in the order they run."""
    found: list[Tensor] = []
    hooks = [
        part.register_forward_hook(lambda *call: found.append(call[-1]))
        for name, part in plain.named_modules()
        if name.endswith("attn_drop")
    ]
    with torch.no_grad():
        plain(images)
    for hook in hooks:
        hook.remove()
    return found


def soft(plain: nn.Module, images: Tensor, monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """What every softmax returns: torchvision's attention is a function without modules to hook."""
    found: list[Tensor] = []
    softmax = F.softmax

    def recording(*args: Any, **kwargs: Any) -> Tensor:
        found.append(softmax(*args, **kwargs))
        return found[-1]

    with monkeypatch.context() as patch, torch.no_grad():
        patch.setattr(F, "softmax", recording)
        plain(images)
    return found


def cut(rows: int, columns: int, window: tuple[int, int], shift: tuple[int, int], pad_first: bool) -> Windows:
    """Windows of a grid rolled up and left by `shift` and padded at the bottom and right, before or after."""
    height, width = (-(-rows // window[0]) * window[0], -(-columns // window[1]) * window[1])
    rolled_rows, rolled_columns = (height, width) if pad_first else (rows, columns)

    def origin(row: int, column: int) -> tuple[int, int] | None:
        if row < rolled_rows and column < rolled_columns:
            row, column = (row + shift[0]) % rolled_rows, (column + shift[1]) % rolled_columns
        return (row, column) if row < rows and column < columns else None

    return [
        [origin(top + row, left + column) for row in range(window[0]) for column in range(window[1])]
        for top in range(0, height, window[0])
        for left in range(0, width, window[1])
    ]


def strided(rows: int, columns: int, grid: tuple[int, int]) -> Windows:
    """MaxViT's grid attention: each window takes `grid` places spread evenly over the whole image."""
    down, across = rows // grid[0], columns // grid[1]
    return [
        [(row * down + top, column * across + left) for row in range(grid[0]) for column in range(grid[1])]
        for top in range(down)
        for left in range(across)
    ]


def on_image(weights: Tensor, windows: Windows, rows: int, columns: int, query: tuple[int, int] | None) -> Tensor:
    """(batch, head, row, column): what the queries of each window, or one alone, give to each place; place by place."""
    count = len(windows)
    batch = len(weights) // count
    result = torch.full((batch, weights.shape[1], rows, columns), 0.0 if query else torch.nan)
    for image in range(batch):
        for number, window in enumerate(windows):
            asking = [slot for slot, place in enumerate(window) if place and query in (None, place)]
            for key, place in enumerate(window):
                if place and asking:
                    given = [weights[image * count + number, :, slot, key] for slot in asking]
                    result[image, :, place[0], place[1]] = sum(given) / len(asking)
    return result


def compare(model: VisionModel, images: Tensor, expected: list[tuple[Tensor, Windows, tuple[int, int]]]) -> None:
    for layer, (weights, windows, (rows, columns)) in enumerate(expected):
        assert weights.max() > 0.3, "attention is not peaked: a wrong place would hardly show"
        for query in (None, (rows // 2, columns - 1)):
            asked = None if query is None else f"{query[0]},{query[1]}"
            found = RawAttention(layer=layer, query=asked).explain(model, images)[:, 0]
            wanted = on_image(weights, windows, rows, columns, query)
            torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0, msg=f"layer {layer}, query {query}")
    assert len(RawAttention.kinds & {layout.kind for layout in model.probe().layouts}) > 0
    assert sum(layout.kind in RawAttention.kinds for layout in model.probe().layouts) == len(expected)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("build", [timm_swin, timm_swin_v2])
def test_shifted_windows_of_timm(build: Callable[[tuple[int, int]], nn.Module], size: tuple[int, int]) -> None:
    model, plain = both(build, size)
    images = noise(size, 2)
    expected = []
    blocks = [block for stage in plain.layers for block in stage.blocks]
    for block, weights in zip(blocks, hooked(plain, images), strict=True):
        rows, columns = block.input_resolution
        windows = cut(rows, columns, block.window_size, block.shift_size, pad_first=False)
        expected.append((weights, windows, (rows, columns)))
    assert {any(block.shift_size) for block in blocks} == {True, False}
    compare(model, images, expected)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("build", [torchvision_swin_v1, torchvision_swin_v2])
def test_shifted_windows_of_torchvision(
    build: Callable[[tuple[int, int]], nn.Module], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, plain = both(build, size)
    images = noise(size, 2)
    expected = []
    rows, columns = size[0] // 4, size[1] // 4
    for layer, weights in enumerate(soft(plain, images, monkeypatch)):
        if layer == 2:  # the second stage
            rows, columns = -(-rows // 2), -(-columns // 2)
        shift = tuple(2 * (layer % 2) * (extent > 4) for extent in (rows, columns))
        expected.append((weights, cut(rows, columns, (4, 4), shift, pad_first=True), (rows, columns)))
    assert len(expected) == 4
    compare(model, images, expected)


def test_windows_and_grids_of_maxvit() -> None:
    size = (64, 96)  # 16 x 24 and 8 x 12 tokens
    model, plain = both(timm_maxvit, size)
    images = noise(size, 2)
    weights = hooked(plain, images)
    expected = []
    for stage, (rows, columns) in enumerate([(16, 24), (8, 12)]):
        blocks = cut(rows, columns, (2, 3), (0, 0), pad_first=True)
        expected.append((weights[2 * stage], blocks, (rows, columns)))
        expected.append((weights[2 * stage + 1], strided(rows, columns, (2, 3)), (rows, columns)))
    assert len(weights) == 4
    compare(model, images, expected)
