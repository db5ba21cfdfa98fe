"""Copies of a model, randomised from the output back to the input."""

from copy import deepcopy
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from vitxplain.metrics.cascade import cascade, from_the_output


class Backwards(nn.Module):
    """Defines its modules in the opposite order of their use, has parameters of its own, and attends."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(8, 3)
        self.norm = nn.LayerNorm(8)
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.stem = nn.Linear(4, 8)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.scale = nn.Parameter(torch.tensor(2.0))

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = torch.cat([self.token.expand(len(inputs), -1, -1), self.stem(inputs)], 1)
        hidden = hidden + self.attention(hidden, hidden, hidden)[0]
        return self.scale * self.head(self.norm(hidden)[:, 0])


def run(module: nn.Module) -> Tensor:
    return module(torch.randn(2, 5, 4))


def changed(one: nn.Module, other: nn.Module) -> set[str]:
    before = dict(other.named_parameters())
    return {name for name, value in one.named_parameters() if not torch.equal(value, before[name])}


def test_modules_are_taken_in_the_order_they_run_in_not_that_of_their_names():
    owners = from_the_output(Backwards(), run)
    assert owners[:2] == ["head", "norm"]
    assert set(owners[2:4]) == {"attention", "attention.out_proj"}  # which is never called itself
    assert owners[4:] == ["stem", ""]


def test_each_copy_has_more_of_its_modules_randomised_and_the_last_has_all():
    model = Backwards()
    before = deepcopy(model.state_dict())
    copies = list(cascade(model, run, stages=6, seed=0))
    found = [changed(copy, model) for copy in copies]
    assert found[0] == {"head.weight", "head.bias"}
    assert all(few <= many for few, many in pairwise(found))
    # A vector of equal values (the norm's, a bias of zeros) and a single number have no other order.
    tensors = {name for name, value in model.named_parameters() if value.unique().numel() > 1}
    assert found[-1] == tensors
    assert {"token", "stem.weight", "attention.in_proj_weight", "attention.out_proj.weight"} <= tensors
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(part._forward_pre_hooks for one in (model, *copies) for part in one.modules())


def test_each_tensor_keeps_its_values():
    model = Backwards()
    *_, last = cascade(model, run, stages=1, seed=3)
    for (name, before), (_, after) in zip(model.named_parameters(), last.named_parameters(), strict=True):
        assert torch.equal(before.flatten().sort().values, after.flatten().sort().values), name


@pytest.mark.parametrize("stages", [1, 2, 3, 50])
def test_there_are_as_many_copies_as_asked_and_the_last_is_the_same_however_many_there_are(stages: int):
    model = Backwards()
    copies = list(cascade(model, run, stages, seed=1))
    assert len(copies) == stages
    *_, last = cascade(model, run, 1, seed=1)
    assert not changed(copies[-1], last)
    *_, other = cascade(model, run, stages, seed=2)
    assert changed(last, other)


def test_a_parameter_that_two_modules_share_is_one_in_the_copy_too():
    model = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6))
    model[2].weight = model[0].weight
    first, last = cascade(model, lambda copy: copy(torch.randn(1, 6)), 2, seed=0)
    assert last[2].weight is last[0].weight
    assert torch.equal(first[0].weight, last[0].weight)  # shuffled once, with the module nearer the output
    assert not torch.equal(first[0].weight, model[0].weight)


def test_frozen_models_are_randomised_too():
    model = Backwards().requires_grad_(False)
    with torch.no_grad():
        (copy,) = cascade(model, run, 1, seed=0)
    assert "stem.weight" in changed(copy, model)
    assert not any(parameter.requires_grad for parameter in copy.parameters())


def test_a_pass_that_fails_leaves_no_hooks():
    model = Backwards()
    with pytest.raises(RuntimeError):
        from_the_output(model, lambda copy: copy(torch.randn(2, 5, 7)))
    assert not any(part._forward_pre_hooks for part in model.modules())
