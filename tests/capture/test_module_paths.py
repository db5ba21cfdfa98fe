import threading

import torch
from torch import Tensor, nn

from vitxplain.capture.module_paths import ModulePaths


class Asks(nn.Module):
    """Writes down the path it runs under."""

    def __init__(self, found: list[str]) -> None:
        super().__init__()
        self.found = found
        self.paths: ModulePaths | None = None

    def forward(self, x: Tensor) -> Tensor:
        assert self.paths is not None
        self.found.append(self.paths.current())
        return x


def model(found: list[str]) -> nn.Module:
    asks = Asks(found)
    root = nn.Sequential(nn.Sequential(nn.Identity(), asks), asks)
    asks.paths = ModulePaths(root)
    return root


def test_the_innermost_running_module_is_named_and_a_shared_one_by_its_first_name() -> None:
    found: list[str] = []
    model(found)(torch.zeros(1))
    assert found == ["0.1", "0.1"]


def test_outside_any_module_it_is_the_model_itself() -> None:
    found: list[str] = []
    root = model(found)
    assert ModulePaths(root).current() == ""
    root[1].forward(torch.zeros(1))  # not called as a module, so nothing runs
    assert found == [""]


def test_a_forward_that_was_replaced_and_hooks_run_under_the_module_s_name() -> None:
    found: list[str] = []
    root = model(found)
    asks = root[1]
    asks.forward = lambda x: Asks.forward(asks, x)  # as accelerate does
    root(torch.zeros(1))
    assert found == ["0.1", "0.1"]


def test_another_thread_s_modules_are_not_seen() -> None:
    found: list[str] = []
    root = model(found)
    paths = ModulePaths(root)
    elsewhere: list[str] = []
    thread = threading.Thread(target=lambda: elsewhere.append(paths.current()))

    def hook(part: nn.Module, args: tuple) -> None:
        thread.start()
        thread.join()

    root.register_forward_pre_hook(hook)
    root(torch.zeros(1))
    assert elsewhere == [""]
