"""The matrix of deformable attention, made in several ways, against sampling a basis of one-hot values."""

import torch
import torch.nn.functional as F
from torch import Tensor

from vitxplain.capture.deformable.samples import BilinearSamples
from vitxplain.capture.deformable.weights import DeformableGradients, DeformableWeights

MAPS, CHANNELS, QUERIES, POINTS = 2, 3, 5, 4
SIZES = ((4, 6), (2, 3))


def parts() -> tuple[list[Tensor], list[Tensor], Tensor]:
    draw = torch.Generator().manual_seed(0)
    values = [torch.randn(MAPS, CHANNELS, *size, generator=draw) for size in SIZES]
    grids = [2.6 * torch.rand(MAPS, QUERIES, POINTS, 2, generator=draw) - 1.3 for _ in SIZES]
    weights = torch.randn(MAPS, QUERIES, POINTS * len(SIZES), generator=draw).softmax(-1)
    return values, grids, weights


def deformable() -> DeformableWeights:
    values, grids, weights = parts()
    return DeformableWeights(tuple(map(BilinearSamples, values, grids)), weights)


def attend(values: list[Tensor], grids: list[Tensor], weights: Tensor) -> Tensor:
    """(map, channel, query), as models write it."""
    pairs = zip(values, grids, strict=True)
    sampled = [F.grid_sample(value, grid, align_corners=False) for value, grid in pairs]
    return (torch.stack(sampled, -2).flatten(-2) * weights[:, None]).sum(-1)


def of_a_basis(grids: list[Tensor], weights: Tensor) -> Tensor:
    """The matrix, one column a place: what attention returns where this place alone holds a one."""
    places = sum(rows * columns for rows, columns in SIZES)
    basis = torch.eye(places).expand(MAPS, -1, -1)
    values, first = [], 0
    for rows, columns in SIZES:
        values.append(basis[..., first : first + rows * columns].unflatten(-1, (rows, columns)))
        first += rows * columns
    return attend(values, grids, weights).transpose(1, 2)


def test_matrix_is_what_a_basis_shows() -> None:
    _, grids, weights = parts()
    torch.testing.assert_close(deformable().full(), of_a_basis(grids, weights))


def test_matrix_times_values_is_the_output() -> None:
    whole = deformable()
    torch.testing.assert_close(whole.full() @ whole.value, attend(*parts()).transpose(1, 2))


def test_rows_miss_what_lies_outside_of_the_map() -> None:
    sums = deformable().full().sum(-1)
    assert sums.min() < 0.9
    assert sums.max() <= 1 + 1e-6


def test_differentiable_with_respect_to_weights_and_points() -> None:
    mixing = torch.randn(MAPS, QUERIES, 30, generator=torch.Generator().manual_seed(1))

    def gradients(matrix: object) -> tuple[Tensor, ...]:
        values, grids, weights = parts()
        leaves = [*(grid.requires_grad_() for grid in grids), weights.requires_grad_()]
        return torch.autograd.grad((matrix(values, grids, weights) * mixing).sum(), leaves)  # type: ignore[operator]

    def ours(values: list[Tensor], grids: list[Tensor], weights: Tensor) -> Tensor:
        return DeformableWeights(tuple(map(BilinearSamples, values, grids)), weights).full()

    expected = gradients(lambda _, grids, weights: of_a_basis(grids, weights))
    for found, one in zip(gradients(ours), expected, strict=True):
        torch.testing.assert_close(found, one, atol=1e-4, rtol=1e-4)


def test_parts_of_the_matrix() -> None:
    whole = deformable()
    full = whole.full()
    assert whole.shape == tuple(full.shape) == (MAPS, QUERIES, 30)
    assert whole.level_sizes == SIZES
    torch.testing.assert_close(whole.rows([3, 0]), full[:, [3, 0]])
    torch.testing.assert_close(torch.stack(list(whole.slices(0))), full)
    torch.testing.assert_close(torch.stack(list(whole.slices(-2)), 1), full)
    torch.testing.assert_close(torch.stack(list(whole.detached().slices(-3))), full)
    rows = torch.rand(MAPS, 2, QUERIES, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(whole.weighted(rows), rows @ full)


def test_entries_name_the_places() -> None:
    places, weights = deformable().entries([2])
    assert places.shape == weights.shape == (MAPS, 1, 2 * POINTS * 4)
    dense = torch.zeros(MAPS, 1, 30).scatter_add(-1, places, weights)
    torch.testing.assert_close(dense, deformable().rows([2]))


def test_gradient_of_each_number() -> None:
    whole, outward = deformable(), torch.randn(MAPS, QUERIES, CHANNELS, generator=torch.Generator().manual_seed(1))
    matrix = whole.full().detach().requires_grad_()
    (expected,) = torch.autograd.grad(((matrix @ whole.value) * outward).sum(), matrix)
    gradients = DeformableGradients(whole, outward)
    torch.testing.assert_close(gradients.full(), expected)
    for axis in (0, 1):
        pairs = list(gradients.slices(axis))
        torch.testing.assert_close(torch.stack([weights for weights, _ in pairs], axis), whole.full())
        torch.testing.assert_close(torch.stack([gradient for _, gradient in pairs], axis), expected)
