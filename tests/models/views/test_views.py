"""Which view of the image a tensor is, and maps put back from it."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from vitxplain.models.views.find import find_views, is_shuffled

VIEWS: dict[str, Callable[[Tensor], Tensor]] = {
    "plain": lambda x: x,
    "scaled in value": lambda x: (x - x.new_tensor([0.1, 0.2, 0.3]).view(3, 1, 1)) * 3,
    "mirrored": lambda x: x.flip(-1) * 2,
    "upside down": lambda x: x.flip(-2) + 1,
    "turned": lambda x: torch.rot90(x, 1, (2, 3)) * 2,
    "transposed": lambda x: x.transpose(-1, -2),
    "a quarter": lambda x: x[..., :16, 16:],
    "a quarter, mirrored": lambda x: x[..., :16, 16:].flip(-1),
    "wider": lambda x: F.pad(x, (16, 0, 0, 16)),
    "grey": lambda x: x.mean(1, keepdim=True),
    "twice as large": lambda x: F.interpolate(x, scale_factor=2.0),
}


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_spot_comes_back_to_its_place(name: str) -> None:
    image = torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0), requires_grad=True)
    views = find_views(VIEWS[name](image), image)
    assert views is not None
    (view,) = views
    assert view is not None
    for row, column in ((2, 5), (1, 6), (6, 1)):
        spot = torch.zeros(1, 3, 32, 32)
        spot[..., row * 4 : row * 4 + 4, column * 4 : column * 4 + 4] = 1
        shown = (VIEWS[name](spot) - VIEWS[name](torch.zeros_like(spot))).abs().mean(1)
        back = view.put_back(shown, (8, 8))[0]
        if shown.any():
            assert divmod(int(back.argmax()), 8) == (row, column)
        else:
            assert not back.any()


def test_a_view_of_its_own_resolution_is_put_back_exactly() -> None:
    image = torch.randn(1, 3, 32, 32)
    values = torch.randn(8, 8)
    views = find_views(image.flip(-1), image)
    assert views is not None
    assert views[0] is not None
    assert torch.equal(views[0].put_back(values, (8, 8)), values.flip(-1))


def test_features_are_no_view() -> None:
    image = torch.randn(1, 3, 32, 32, requires_grad=True)
    assert find_views(F.conv2d(image, torch.randn(3, 3, 3, 3), padding=1), image) is None
    assert find_views(torch.randn(1, 3, 32, 32), image) is None


def test_pixels_moved_about_are_told() -> None:
    image = torch.randn(1, 3, 32, 32, requires_grad=True)
    assert find_views(image.roll(5, -1), image) == (None,)
    assert is_shuffled(image.roll(5, -1), image)
    assert not is_shuffled(image * 2, image)


def test_padding_below_and_to_the_right_is_ordinary_up_to_a_cell() -> None:
    image = torch.randn(1, 3, 32, 32, requires_grad=True)

    def is_ordinary(added: int) -> bool:
        views = find_views(F.pad(image, (0, added, 0, added)), image)
        assert views is not None
        assert views[0] is not None
        return views[0].is_padded_to(((32 + added) // 8, (32 + added) // 8))

    assert is_ordinary(7)
    assert not is_ordinary(32)
