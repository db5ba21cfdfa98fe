import pytest
import torch
from torch import Tensor, nn
from vitxplain_perturbation.rise import RISE

from vitxplain import load_model
from vitxplain.plugins import OptionError
from vitxplain.testing import CHECKS, tiny_cnn

QUICK = RISE(num_masks=40, masks_per_pass=16)


class OnePlace(nn.Module):
    """Two classes: what lies in one place of the image, and nothing."""

    def forward(self, pixel_values: Tensor) -> Tensor:
        there = pixel_values[:, :, 8:16, 24:32].mean((1, 2, 3))
        return torch.stack([there, torch.zeros_like(there)], 1)


@pytest.fixture
def one_place():
    return load_model(OnePlace(), mean=(0.0,) * 3, std=(1.0,) * 3, size=(32, 48))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_contract(check):
    check(QUICK)


def test_equals_the_sum_of_the_paper():
    """Equation 6, one mask at a time: S = 1 / (N p) * sum of f(I * M) M."""
    model, pixel_values = tiny_cnn(), torch.randn(2, 3, 32, 48)
    found = QUICK.explain(model, pixel_values, 2)
    masks = torch.cat(list(QUICK._masks(32, 48)))
    assert len(masks) == 40
    for row in range(2):
        total = torch.zeros(32, 48, dtype=torch.float64)
        for mask in masks:
            with torch.no_grad():
                score = model.logits(pixel_values[row : row + 1] * mask).softmax(-1)[0, 2]
            total += score.double() * mask.double()
        torch.testing.assert_close(found[row].double(), total / (40 * 0.5), rtol=1e-5, atol=1e-6)


def test_masks_show_each_pixel_as_often_as_stated():
    masks = torch.cat(list(RISE(num_masks=2000, keep=0.3)._masks(30, 50)))
    assert masks.shape == (2000, 30, 50)
    assert masks.min() >= 0
    assert masks.max() <= 1
    torch.testing.assert_close(masks.mean(0), torch.full((30, 50), 0.3), rtol=0, atol=0.05)


def test_peaks_where_the_logit_comes_from(one_place):
    values = RISE(num_masks=400, score="logit").explain(one_place, torch.ones(1, 3, 32, 48), 0)[0]
    row, column = divmod(int(values.argmax()), 48)
    assert 8 <= row < 16
    assert 24 <= column < 32


def test_another_seed_gives_other_masks_and_much_the_same_map(one_place):
    model, pixel_values = one_place, torch.ones(1, 3, 32, 48)
    many = {"num_masks": 4000, "masks_per_pass": 500, "score": "logit"}
    first, second = (RISE(**many, seed=seed).explain(model, pixel_values, 0) for seed in (0, 1))
    assert not torch.equal(first, second)
    assert torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1] > 0.9


@pytest.mark.parametrize("options", [{"num_masks": 0}, {"cells": 0}, {"keep": 1.0}, {"score": "loss"}])
def test_impossible_options(options):
    with pytest.raises(OptionError, match=r"take"):
        RISE(**options)
