"""Backward through linear layers, zero rows left out: the same gradient as PyTorch's own."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from vitxplain.capture.sound_graph import SoundGraph


def gradient(layers: nn.Module, values: torch.Tensor, rows: list[int], *, skip: bool) -> torch.Tensor:
    values = values.clone().requires_grad_()
    if skip:
        with SoundGraph():
            output = layers(values)
    else:
        output = layers(values)
    (found,) = torch.autograd.grad(output[:, rows].square().sum(), values)
    return found


@pytest.mark.parametrize("rows", [[0], [0, 3], list(range(9))], ids=["class token", "two tokens", "every token"])
@pytest.mark.parametrize("bias", [True, False])
def test_gradient_is_pytorchs(rows: list[int], bias: bool) -> None:
    layers = nn.Sequential(nn.Linear(6, 10, bias=bias), nn.GELU(), nn.Linear(10, 6, bias=bias))
    values = torch.randn(2, 9, 6)
    own, skipped = gradient(layers, values, rows, skip=False), gradient(layers, values, rows, skip=True)
    torch.testing.assert_close(skipped, own)
    silent = [row for row in range(9) if row not in rows]
    assert skipped[:, silent].abs().sum() == 0


def test_every_image_has_rows_of_its_own() -> None:
    layer, values = nn.Linear(4, 3), torch.randn(3, 5, 4, requires_grad=True)
    picked = torch.zeros(3, 5, 3)
    picked[0, 1], picked[2, 4] = 1, 2
    with SoundGraph():
        output = layer(values)
    (found,) = torch.autograd.grad(output, values, picked)
    torch.testing.assert_close(found, picked @ layer.weight)


def test_multiplies_only_rows_that_move(monkeypatch: pytest.MonkeyPatch) -> None:
    multiplied: list[int] = []
    values = torch.randn(1, 50, 8, requires_grad=True)
    weight = torch.randn(8, 8)
    with SoundGraph():
        output = F.linear(values, weight)
    matmul = torch.Tensor.__matmul__
    monkeypatch.setattr(torch.Tensor, "__matmul__", lambda a, b: (multiplied.append(len(a)), matmul(a, b))[1])
    torch.autograd.grad(output[:, 0].sum(), values)
    assert multiplied == [1]


def test_outside_a_graph_nothing_changes() -> None:
    layer, values = nn.Linear(4, 3), torch.randn(2, 4)
    with torch.no_grad(), SoundGraph():
        assert layer(values).grad_fn is None


@pytest.mark.parametrize("bias", [True, False])
def test_a_model_may_write_into_what_its_layer_returned(bias: bool) -> None:
    layer, values = nn.Linear(4, 3, bias=bias), torch.randn(2, 5, 4)

    def written(values: torch.Tensor) -> torch.Tensor:
        output = layer(values)
        output[..., :2] += 2.0
        return output.square()

    values.requires_grad_()
    (own,) = torch.autograd.grad(written(values)[:, :2].sum(), values)
    with SoundGraph():
        output = written(values)
    (found,) = torch.autograd.grad(output[:, :2].sum(), values)
    torch.testing.assert_close(found, own)
