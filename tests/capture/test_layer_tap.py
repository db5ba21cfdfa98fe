import threading

import pytest
import torch
from torch import Tensor, nn

from vitxplain.capture.layer_tap import layer_tap
from vitxplain.errors import OptionError


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(3, 4), nn.Sequential(nn.Tanh(), nn.Linear(4, 4)), nn.ReLU(inplace=True), nn.Linear(4, 2)
    )


X = torch.randn(2, 3, generator=torch.Generator().manual_seed(0))


def test_outputs_of_named_nodes_are_seen_and_the_result_stays() -> None:
    module = network()
    expected = module(X)
    with torch.no_grad(), layer_tap(module, ["1.1", "0", "0"], differentiable=False) as seen:
        output = module(X)
    torch.testing.assert_close(output, expected)
    torch.testing.assert_close(seen["0"], module[0](X))
    torch.testing.assert_close(seen["1.1"], module[:2](X))
    assert list(seen) == ["0", "1.1"]  # in the order they ran
    assert not any(one.requires_grad for one in seen.values())


def test_what_follows_in_place_does_not_reach_what_was_seen() -> None:
    """The ReLU after node 1 works in place: negative values must still be there."""
    with torch.no_grad(), layer_tap(module := network(), ["1"], differentiable=False) as seen:
        module(X)
    assert seen["1"].min() < 0


def test_the_graph_starts_at_the_first_named_node() -> None:
    module = network().requires_grad_(False)
    with torch.no_grad(), layer_tap(module, ["1.0", "1"], differentiable=True) as seen:
        output = module(X)
    assert seen["1.0"].is_leaf
    assert not seen["1"].is_leaf
    gradients = torch.autograd.grad(output.sum(), list(seen.values()))
    first = module[:1](X).tanh().requires_grad_()
    second = module[1][1](first)
    expected = torch.autograd.grad(module[3](second.relu()).sum(), [first, second])
    for one, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_nodes_that_return_several_things_give_the_first() -> None:
    class Several(nn.Module):
        def __init__(self, kind: type) -> None:
            super().__init__()
            self.kind = kind

        def forward(self, x: Tensor) -> object:
            return self.kind([2 * x, "and more"])

    class Uses(nn.Module):
        def __init__(self, kind: type) -> None:
            super().__init__()
            self.inner = Several(kind)

        def forward(self, x: Tensor) -> Tensor:
            output = self.inner(x)
            assert isinstance(output, self.inner.kind)
            assert output[1] == "and more"
            return output[0] + 1

    for kind in (tuple, list):
        with torch.no_grad(), layer_tap(module := Uses(kind), ["inner"], differentiable=True) as seen:
            output = module(X)
        torch.testing.assert_close(output, 2 * X + 1)
        torch.testing.assert_close(seen["inner"], 2 * X)
        assert output.requires_grad


def test_a_node_that_runs_twice_gives_its_last_output() -> None:
    shared = nn.Linear(3, 3)
    with (
        torch.no_grad(),
        layer_tap(module := nn.Sequential(shared, nn.Tanh(), shared), ["0"], differentiable=False) as seen,
    ):
        output = module(X)
    torch.testing.assert_close(seen["0"], output)


def test_tensors_of_inference_mode_join_the_graph() -> None:
    module = network()
    with layer_tap(module, ["0"], differentiable=True) as seen:
        with torch.inference_mode():
            born = module[0](X)
        output = module[1:](born.clone())
    assert seen["0"].requires_grad
    assert output.requires_grad


def test_an_unknown_node_is_refused_with_the_nearest_and_leaves_no_hook() -> None:
    module = network()
    refused = pytest.raises(OptionError, match=r"layer '1\.2' is no node of the model\. Near: .*1\.1")
    with refused, layer_tap(module, ["0", "1.2"], differentiable=False):
        pass
    assert not any(part._forward_hooks for part in module.modules())


def test_hooks_go_when_the_model_fails() -> None:
    module = network()
    with pytest.raises(RuntimeError), layer_tap(module, ["0"], differentiable=True):
        module(torch.zeros(2, 7))
    assert not any(part._forward_hooks for part in module.modules())


def test_a_node_that_never_runs_or_returns_no_tensor_is_not_there() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.idle = nn.Identity()
            self.words = nn.Module()
            self.words.forward = lambda x: {"values": x}

        def forward(self, x: Tensor) -> Tensor:
            return self.words(x)["values"]

    with layer_tap(module := Odd(), ["idle", "words"], differentiable=True) as seen:
        module(X)
    assert not seen


def test_another_thread_s_pass_is_not_seen() -> None:
    module = network()
    with torch.no_grad(), layer_tap(module, ["0"], differentiable=True) as seen:
        thread = threading.Thread(target=lambda: module(X))
        thread.start()
        thread.join()
    assert not seen
