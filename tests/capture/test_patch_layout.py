import pytest
import torch

from vitxplain.capture.patch_layout import ImageMaps, PatchLayout, factor, fits
from vitxplain.grid import TokenGrid


@pytest.mark.parametrize(
    ("order", "shape"),
    [("channels_first", (2, 4, 2, 3)), ("channels_last", (2, 2, 3, 4)), ("tokens", (2, 9, 4))],
)
def test_every_order_becomes_the_same_map(order: str, shape: tuple[int, ...]) -> None:
    """Channel c of the place in row i, column j holds 100 i + 10 j + c; prefix and suffix tokens hold -1."""
    i, j, c = torch.meshgrid(torch.arange(2), torch.arange(3), torch.arange(4), indexing="ij")
    values = (100.0 * i + 10 * j + c).expand(2, -1, -1, -1)  # batch row column channel
    if order == "channels_first":
        tensor = values.permute(0, 3, 1, 2)
    elif order == "channels_last":
        tensor = values
    else:
        extra = torch.full((2, 1, 4), -1.0)
        tensor = torch.cat([extra, extra, values.flatten(1, 2), extra], 1)
    assert tensor.shape == shape
    result = PatchLayout(order, 2, 3, num_prefix_tokens=2 if order == "tokens" else 0).to_map(tensor)
    assert result.shape == (2, 4, 2, 3)
    assert result[1, 3, 1, 2] == 123
    assert torch.equal(result, values.permute(0, 3, 1, 2))


def test_a_map_is_a_view_so_gradients_and_memory_are_the_tensor_s_own() -> None:
    tokens = torch.randn(1, 7, 4)
    assert PatchLayout("tokens", 2, 3, 1).to_map(tokens).data_ptr() == tokens[:, 1:].data_ptr()


SIZE = (24, 40)
GRID = TokenGrid(3, 5, 1, 2)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 16, 3, 5), ("channels_first", 3, 5, 0)),
        ((1, 3, 5, 16), ("channels_last", 3, 5, 0)),
        ((1, 18, 16), ("tokens", 3, 5, 1)),  # the grid's own length
        ((1, 15, 16), ("tokens", 3, 5, 0)),  # the input's aspect ratio
        ((1, 60, 16), ("tokens", 6, 10, 0)),
        ((1, 6, 10, 16), ("channels_last", 6, 10, 0)),
        ((1, 8, 4, 7), ("channels_first", 4, 7, 0)),  # a map that was seen, whatever its ratio
        ((1, 28, 8), ("tokens", 4, 7, 0)),
        ((1, 16, 1, 1), None),  # pooled
        ((1, 1, 16), None),
        ((1, 17, 16), None),
        ((1, 16), None),
        ((1, 2, 3, 5, 16), None),
    ],
)
def test_shapes_are_recognised(shape: tuple[int, ...], expected: tuple | None) -> None:
    layout = ImageMaps(SIZE, map_sizes=((4, 7),), grids=(GRID,)).layout(shape)
    assert layout == (None if expected is None else PatchLayout(*expected))


def test_a_map_seen_goes_before_one_that_only_fits() -> None:
    """Both readings of (1, 3, 5, 10) are possible: 3 x 5 of 10 channels, and 5 x 10 of 3."""
    assert ImageMaps((30, 50), map_sizes=((3, 5),)).layout((1, 3, 5, 10)).order == "channels_last"
    assert ImageMaps((25, 50), map_sizes=((5, 10),)).layout((1, 3, 5, 10)).order == "channels_first"


@pytest.mark.parametrize(
    ("tokens", "size", "expected"),
    [
        (196, (224, 224), (14, 14)),
        (15, (24, 40), (3, 5)),
        (15, (40, 24), (5, 3)),
        (197, (224, 224), None),
        (1, (8, 8), (1, 1)),
    ],
)
def test_tokens_are_laid_out_by_the_aspect_ratio(tokens: int, size: tuple[int, int], expected: tuple | None) -> None:
    assert factor(tokens, size) == expected


def test_rounded_edges_fit() -> None:
    assert fits(8, 8, (227, 227))  # stride 28, as 224 would have
    assert fits(7, 13, (224, 400))
    assert not fits(7, 14, (224, 224))
