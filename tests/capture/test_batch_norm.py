from itertools import permutations

import pytest
import torch
from torch import Tensor, nn

from vitxplain.capture.sound_graph import SoundBatchNorm

SHAPE = (2, 16, 8, 6)
NORMS = {"batch": nn.BatchNorm2d(16), "instance": nn.InstanceNorm2d(16, affine=True)}


def laid_out(values: Tensor, order: tuple[int, ...]) -> Tensor:
    """The same numbers, the axes in this order in memory."""
    return values.permute(order).contiguous().permute([order.index(axis) for axis in range(values.dim())])


@pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS)
@pytest.mark.parametrize("images", [1, 2])
def test_gradients_do_not_depend_on_strides(norm: nn.Module, images: int) -> None:
    norm.eval().requires_grad_(False)
    values, outward = torch.randn(2, *SHAPE)[:, :images]
    inward = []
    with SoundBatchNorm():
        for of_values in permutations(range(4)):
            for of_outward in permutations(range(4)):
                leaf = laid_out(values, of_values).requires_grad_()
                inward += torch.autograd.grad(norm(leaf), leaf, laid_out(outward, of_outward))
    for one in inward:
        torch.testing.assert_close(one, inward[0])


def test_one_image_as_tokens_has_its_gradient_within_a_batch() -> None:
    norm, project = nn.BatchNorm2d(16).eval().requires_grad_(False), nn.Linear(16, 4).requires_grad_(False)
    pair, mixing = torch.randn(SHAPE), torch.randn(48, 4)

    def gradient(values: Tensor) -> Tensor:
        leaf = values.clone().requires_grad_()
        tokens = norm(leaf).flatten(2).transpose(1, 2)
        return torch.autograd.grad((project(tokens) * mixing).sum(), leaf)[0]

    with SoundBatchNorm():
        torch.testing.assert_close(gradient(pair[:1]), gradient(pair)[:1])
