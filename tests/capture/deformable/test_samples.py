"""Which places sampling reads: the sum of coefficients times values is what PyTorch's own sampling returns."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from vitxplain.capture.deformable.samples import BilinearSamples, IndexedSamples, Samples

MAPS, CHANNELS, ROWS, COLUMNS, QUERIES, POINTS = 2, 3, 4, 6, 5, 7


def values() -> Tensor:
    return torch.randn(MAPS, CHANNELS, ROWS, COLUMNS, generator=torch.Generator().manual_seed(0))


def grid() -> Tensor:
    """Some points within the map, some outside, some on its edges and corners."""
    points = 3 * torch.rand(MAPS, QUERIES, POINTS, 2, generator=torch.Generator().manual_seed(1)) - 1.5
    points[:, 0, :5] = torch.tensor([[-1.0, -1.0], [1.0, 1.0], [0.0, 0.0], [-1.0, 1.0], [7.0, -9.0]])
    return points


def read(samples: Samples) -> Tensor:
    places, coefficients = samples.places()
    flat = samples.values.flatten(2)
    taken = torch.stack([one[:, own] for one, own in zip(flat, places, strict=True)])
    return (taken * coefficients[:, None]).sum(-1)


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("padding", ["zeros", "border"])
def test_bilinear_is_pytorchs(align_corners: bool, padding: str) -> None:
    samples = BilinearSamples(values(), grid(), align_corners, padding == "border")
    expected = F.grid_sample(values(), grid(), padding_mode=padding, align_corners=align_corners)
    torch.testing.assert_close(read(samples), expected)


def test_coefficients_are_differentiable_with_respect_to_the_points() -> None:
    own, other = (grid().requires_grad_() for _ in range(2))
    mixing = torch.randn(MAPS, CHANNELS, QUERIES, POINTS, generator=torch.Generator().manual_seed(2))
    (found,) = torch.autograd.grad((read(BilinearSamples(values(), own)) * mixing).sum(), own)
    (expected,) = torch.autograd.grad((F.grid_sample(values(), other, align_corners=False) * mixing).sum(), other)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_points_are_parts_of_the_map() -> None:
    samples = BilinearSamples(values(), grid())
    torch.testing.assert_close(samples.points(), (grid() + 1) / 2)
    corners = BilinearSamples(values(), grid(), align_corners=True).points()[:, 0, :2]
    expected = torch.tensor([[0.5 / COLUMNS, 0.5 / ROWS], [1 - 0.5 / COLUMNS, 1 - 0.5 / ROWS]])
    torch.testing.assert_close(corners, expected.expand(MAPS, 2, 2))


def test_an_index_reads_a_whole_place() -> None:
    draw = torch.Generator().manual_seed(3)
    rows = torch.randint(-ROWS, ROWS, (MAPS, QUERIES, POINTS), generator=draw)
    columns = torch.randint(0, COLUMNS, (MAPS, QUERIES, POINTS), generator=draw)
    samples = IndexedSamples(values(), rows, columns)
    expected = torch.stack([one[:, row, column] for one, row, column in zip(values(), rows, columns, strict=True)])
    torch.testing.assert_close(read(samples), expected)
    torch.testing.assert_close(samples.points()[..., 0] * COLUMNS - 0.5, columns.float())


def test_some_queries_are_those_of_all() -> None:
    for samples in (BilinearSamples(values(), grid()), IndexedSamples(values(), *(torch.ones(2, 2, 5, 1).long()))):
        places, coefficients = samples.places([3, 1])
        assert torch.equal(places, samples.places()[0][:, [3, 1]])
        assert torch.equal(coefficients, samples.places()[1][:, [3, 1]])
        assert torch.equal(samples.points([4]), samples.points()[:, [4]])
