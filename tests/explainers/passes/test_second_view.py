"""Where the second view lies, what both views make of one map, and who is looked at twice."""

import pytest
import torch

from tests.explainers import tiny
from vitxplain.explainers.affinity_attention import AffinityAttention
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.passes.second_view import both_views, second_view
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.grid import TokenGrid
from vitxplain.tasks.base import LOGITS


def centres(count: int, patch: float) -> torch.Tensor:
    return (torch.arange(count) + 0.5) * patch


def test_it_is_the_mirror_image_half_a_patch_along() -> None:
    image = torch.arange(12 * 20).view(1, 1, 12, 20).float()
    found = second_view(image, TokenGrid(3, 5, 1))
    assert found.shape == image.shape
    for row in range(2, 12):
        for column in range(2, 20):
            assert found[0, 0, row, column] == image[0, 0, row - 2, 19 - (column - 2)]
    torch.testing.assert_close(found[0, 0, :2], found[0, 0, [4, 3]])  # reflected, not dark
    torch.testing.assert_close(found[0, 0, :, :2], found[0, 0, :, [4, 3]])


@pytest.mark.parametrize(("rows", "columns", "patch"), [(3, 5, 4), (14, 14, 16), (2, 2, 8)])
def test_both_views_of_a_slope_are_the_slope(rows: int, columns: int, patch: int) -> None:
    """Each patch sees the height at its centre, in both views."""

    def slope(y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return (3 * y[:, None] - 2 * x[None] + 5)[None]

    y, x = centres(rows, patch), centres(columns, patch)
    first, second = slope(y, x), slope(y - patch / 2, columns * patch - (x - patch / 2))
    found = both_views(first, second)
    torch.testing.assert_close(found[:, :-1, 1:], first[:, :-1, 1:])  # the rest was moved out of sight
    assert found.shape == first.shape


def test_what_one_view_alone_says_is_worth_half() -> None:
    first, nothing = torch.rand(2, 3, 5), torch.zeros(2, 3, 5)
    torch.testing.assert_close(both_views(first, nothing), first / 2)
    spot = torch.zeros(1, 3, 5)
    spot[0, 1, 1] = 1.0  # between columns 3 and 4 of the image, rows 0 and 1
    expected = torch.zeros(1, 3, 5)
    expected[0, 0:2, 3:5] = 1 / 8
    torch.testing.assert_close(both_views(torch.zeros(1, 3, 5), spot), expected)


def test_a_method_that_looks_twice_has_the_mean_of_two_passes() -> None:
    model, images = tiny.load(tiny.vit_module), tiny.images(2)
    once, twice, plain = AffinityAttention(views=1), AffinityAttention(views=2), GradientAttention()
    together = shared_pass(model, images, [plain, twice, once], None)
    classes = together.outputs[LOGITS].argmax(-1).tolist()
    grid = model.probe((images.shape[-2], images.shape[-1])).grid
    assert grid is not None
    second = torch.cat([once.explain(model, second_view(images[[n]], grid), classes[n]) for n in range(2)])
    torch.testing.assert_close(together.maps[1], both_views(together.maps[2], second))
    torch.testing.assert_close(together.maps[0], plain.explain(model, images))
    torch.testing.assert_close(together.maps[2], once.explain(model, images))


def test_the_second_look_is_about_the_class_of_the_first() -> None:
    model, images = tiny.load(tiny.vit_module), tiny.images(4)
    classes = shared_pass(model, images, [], None).outputs[LOGITS].argmax(-1).tolist()
    method = AffinityAttention()
    for image, top in zip(images, classes, strict=True):
        torch.testing.assert_close(method.explain(model, image[None]), method.explain(model, image[None], top))
