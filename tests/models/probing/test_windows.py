"""Windows of any shape, shift and order of axes: each key's place in the image is found, against arithmetic."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.models.tiny_classifier import as_model, images
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.models import offers

WIDTH, HEADS = 12, 3


class WindowAttention(nn.Module):
    """Attention within windows of (batch, row, column, channel), in one of the orders libraries keep the axes."""

    def __init__(self, side: int, shift: int, order: str) -> None:
        super().__init__()
        self.num_heads, self.side, self.shift, self.order = HEADS, side, shift, order
        self.qkv, self.proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        batch, rows, columns, _ = x.shape
        below, right = -rows % self.side, -columns % self.side
        shifted = F.pad(x, (0, 0, 0, right, 0, below)).roll((-self.shift, -self.shift), (1, 2))
        down, across = shifted.shape[1] // self.side, shifted.shape[2] // self.side
        windows = shifted.view(batch, down, self.side, across, self.side, WIDTH).transpose(2, 3)
        windows = windows.reshape(batch, down * across, self.side**2, WIDTH)
        parts = (
            self.qkv(windows).unflatten(-1, (3, HEADS, -1)).permute(3, 0, 1, 4, 2, 5)
        )  # 3 batch window head key channel
        output = self.ordered(*parts).transpose(2, 3).flatten(3)  # batch window key channel
        output = output.view(batch, down, across, self.side, self.side, WIDTH).transpose(2, 3)
        output = output.reshape(batch, down * self.side, across * self.side, WIDTH)
        return self.proj(output.roll((self.shift, self.shift), (1, 2))[:, :rows, :columns])

    def ordered(self, *parts: Tensor) -> Tensor:
        """Attention of (batch, window, head, key, channel), carried out in the order to be tried."""
        batch = len(parts[0])
        if self.order == "batch*window head":
            output = F.scaled_dot_product_attention(*(one.flatten(0, 1) for one in parts))
            return output.unflatten(0, (batch, -1))
        if self.order == "batch*window*head":
            query, key, value = (one.flatten(0, 2) for one in parts)
            return ((query @ key.mT / 2).softmax(-1) @ value).unflatten(0, (batch, -1, HEADS))
        if self.order == "batch head window":
            return F.scaled_dot_product_attention(*(one.transpose(1, 2) for one in parts)).transpose(1, 2)
        query, key, value = parts
        return (query @ key.mT / 2).softmax(-1) @ value


class Windowed(nn.Module):
    """Two blocks, the second shifted, then the mean over places."""

    def __init__(self, order: str, side: int = 2, shift: int = 1) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, WIDTH, 4, 4)
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2))
        self.blocks = nn.ModuleList(WindowAttention(side, one, order) for one in (0, shift))
        self.head = nn.Linear(WIDTH, 5)
        self.eval()

    def forward(self, pixel_values: Tensor) -> Tensor:
        x = self.stem(pixel_values).permute(0, 2, 3, 1)
        for norm, block in zip(self.norms, self.blocks, strict=True):
            x = x + block(norm(x))
        return self.head(x.mean((1, 2)))


def places(rows: int, columns: int, side: int, shift: int) -> Tensor:
    """(window, key) -> row * columns + column by arithmetic; -1 where the grid was padded."""
    down, across = -(-rows // side) * side, -(-columns // side) * side
    grid = torch.full((down, across), -1)
    grid[:rows, :columns] = torch.arange(rows * columns).view(rows, columns)
    rolled = grid.roll((-shift, -shift), (0, 1))
    return rolled.view(down // side, side, across // side, side).transpose(1, 2).reshape(-1, side**2)


ORDERS = ["batch*window head", "batch window head", "batch head window", "batch*window*head"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("size", "side"), [((16, 24), 2), ((24, 16), 4), ((20, 28), 2)])  # the last two are padded
def test_shifts_padding_and_order_of_axes_are_undone(order: str, size: tuple[int, int], side: int) -> None:
    model = as_model(Windowed(order, side), size)
    rows, columns = size[0] // 4, size[1] // 4
    probe = model.probe()
    for layout, shift in zip(probe.layouts, (0, 1), strict=True):
        assert (layout.kind, layout.heads, layout.axes) == ("window", HEADS, f"{order} query key")
        assert layout.grid is not None
        assert (layout.grid.rows, layout.grid.columns, layout.grid.patch_size) == (rows, columns, (4.0, 4.0))
        assert torch.equal(layout.placement, places(rows, columns, side, shift))
    assert offers.ATTENTION_MAPS in probe.offers
    assert offers.ATTENTIONS not in probe.offers


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_gives_the_same_map_and_images_stand_alone(order: str) -> None:
    model, plain = (as_model(Windowed(one), (16, 24)) for one in (order, "batch window head"))
    plain.module.load_state_dict(model.module.state_dict())
    found = RawAttention().explain(model, images(3, (16, 24)))
    torch.testing.assert_close(found, RawAttention().explain(plain, images(3, (16, 24))), atol=1e-6, rtol=1e-5)
    alone = RawAttention().explain(model, images(3, (16, 24))[[2]])
    torch.testing.assert_close(found[[2]], alone, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(found.sum((-2, -1)), torch.full((3, 2, HEADS), 6.0))  # six windows, each row sums to one


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_cannot_count_to_thousands_and_places_windows_all_the_same(dtype: torch.dtype) -> None:
    """1,536 places: bf16 tells apart 256 whole numbers, fp16 2,048."""
    model = as_model(Windowed("batch*window head", 4).to(dtype), (128, 192))
    for layout, shift in zip(model.probe().layouts, (0, 1), strict=True):
        assert torch.equal(layout.placement, places(32, 48, 4, shift))


def test_a_place_the_window_was_brought_to_counts_not_where_its_numbers_came_from() -> None:
    """Attention before the windows spreads every place over the map; still each key has its own place."""
    module = Windowed("batch*window head")
    module.blocks[0] = WindowAttention(24, 0, "batch*window head")  # one window that holds all
    model = as_model(module, (16, 24))
    assert torch.equal(model.probe().layouts[1].placement, places(4, 6, 2, 1))
