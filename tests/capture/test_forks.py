"""A process that is forked beside a pass of another thread finds the model as its owner left it, and can explain."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor, nn

from tests.capture.state import state
from vitxplain.capture import forks
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.models.loading.load import load_model
from vitxplain.models.vision_model import VisionModel

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here"),
    pytest.mark.filterwarnings("ignore:.*is multi-threaded:DeprecationWarning"),  # of fork, from Python 3.12 on
]
IMAGE = torch.zeros(1, 3, 16, 16)


class Meeting(nn.Module):
    """A small network that says when its pass began, and stays in it until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(4, 3)
        self.began: threading.Event | None = None
        self.goes_on = threading.Event()

    def forward(self, pixel_values: Tensor) -> Tensor:
        if self.began is not None:
            self.began.set()
            self.goes_on.wait(20)
        return self.head(self.layers(pixel_values))


def meeting() -> VisionModel:
    torch.manual_seed(0)
    model = load_model(Meeting().train(), mean=0.5, std=0.5, size=16)
    model.probe()
    return model


@contextmanager
def beside_a_pass(model: VisionModel) -> Iterator[Meeting]:
    """Meanwhile another thread is in the middle of a pass."""
    network = model.module
    assert isinstance(network, Meeting)
    network.began = threading.Event()
    thread = threading.Thread(target=shared_pass, args=(model, IMAGE, [GradCAM()], 0))
    thread.start()
    assert network.began.wait(20)
    try:
        yield network
    finally:
        network.goes_on.set()
        thread.join()


def in_child(check: Callable[[], bool]) -> bool:
    """Whether the check holds in a forked process; one that hangs is ended."""
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        try:
            os._exit(0 if check() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def as_found(model: VisionModel, before: object) -> bool:
    """Whether the model is as it was, and still explains."""
    network = model.module
    assert isinstance(network, Meeting)
    untouched = state(network) == before
    network.began = None
    return untouched and bool(shared_pass(model, IMAGE, [GradCAM()], 0).maps[0].isfinite().all())


def test_a_fork_waits_for_the_pass_of_another_thread() -> None:
    model = meeting()
    before = state(model.module)
    with beside_a_pass(model) as network:
        threading.Timer(0.2, network.goes_on.set).start()
        assert in_child(lambda: as_found(model, before))
    assert state(model.module) == before


def test_what_a_pass_of_another_thread_changed_is_put_back_where_the_fork_cannot_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forks, "PATIENCE", 0.01)
    model = meeting()
    before = state(model.module)
    with beside_a_pass(model):
        assert state(model.module) != before
        assert in_child(lambda: as_found(model, before))
        assert state(model.module) != before  # here the pass goes on
    assert state(model.module) == before


def test_a_fork_within_a_pass_waits_for_none() -> None:
    model = meeting()
    started = time.monotonic()
    with undisturbed(model.module):
        assert in_child(lambda: not model.module.training)
    assert time.monotonic() - started < forks.PATIENCE / 2


def test_passes_that_begin_while_a_fork_waits_let_it_go_first() -> None:
    model, ends = meeting(), threading.Event()

    def explain_on_and_on() -> None:
        while not ends.is_set():
            shared_pass(model, IMAGE, [GradCAM()], 0)

    threads = [threading.Thread(target=explain_on_and_on) for _ in range(3)]
    for thread in threads:
        thread.start()
    before = [True] * len(list(model.module.modules()))
    try:
        for _ in range(5):
            assert in_child(lambda: [part.training for part in model.module.modules()] == before)
    finally:
        ends.set()
        for thread in threads:
            thread.join()


def test_a_child_does_not_wait_for_the_threads_of_its_parent_s_arithmetic() -> None:
    model, threads = meeting(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        shared_pass(model, IMAGE, [GradCAM()], 0)
        assert bool(torch.relu(torch.ones(2000, 2000)).all())  # large enough for several threads
        assert in_child(lambda: bool(torch.relu(torch.ones(2000, 2000)).all()))
    finally:
        torch.set_num_threads(threads)
