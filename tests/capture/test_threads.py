"""Two threads explain with one model at once: each gets its own maps, and the model is left as found."""

import threading
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.capture.state import state
from tests.explainers import tiny
from vitxplain.errors import VitxplainError
from vitxplain.explainers.attention_rollout import AttentionRollout
from vitxplain.explainers.base import Explainer
from vitxplain.explainers.cam import CAM
from vitxplain.explainers.grad_cam import GradCAM
from vitxplain.explainers.gradient_attention import GradientAttention
from vitxplain.explainers.head_distance import HeadDistance
from vitxplain.explainers.passes.shared_pass import shared_pass
from vitxplain.explainers.raw_attention import RawAttention
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import LOGITS

TIMES = 6
# What each of four threads asks of the model: methods that share nothing run beside each other.
ASKED: dict[Callable[[], nn.Module], list[list[Explainer]]] = {
    tiny.vit_module: [
        [AttentionRollout()], [GradientAttention()], [GradCAM(), HeadDistance()], [RawAttention(), GradientAttention()],
    ],
    tiny.swin_module: [[RawAttention()], [GradCAM()], [CAM()], [GradCAM(), RawAttention()]],
}  # fmt: skip


def in_threads(jobs: list[Callable[[], None]]) -> None:
    """Run all at once; the first failure of any is raised here."""
    failures: list[BaseException] = []
    start = threading.Barrier(len(jobs))

    def guarded(job: Callable[[], None]) -> None:
        start.wait()
        try:
            job()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=[job]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def asking(model: VisionModel, methods: list[Explainer], images: Tensor, target: int, times: int) -> Callable[[], None]:
    """Explain over and over, and compare with what one thread alone finds."""
    expected = shared_pass(
        tiny.load(tiny.swin_module if images.shape[-1] == 32 else tiny.vit_module), images, methods, target
    )

    def job() -> None:
        for _ in range(times):
            found = shared_pass(model, images, methods, target)
            torch.testing.assert_close(found.outputs[LOGITS], expected.outputs[LOGITS])
            for one, other in zip(found.maps, expected.maps, strict=True):
                torch.testing.assert_close(one, other, atol=1e-6, rtol=1e-5)

    return job


@pytest.mark.parametrize("build", ASKED)
@pytest.mark.parametrize("training", [False, True], ids=["evaluating", "training"])
def test_each_thread_gets_its_own_maps(build: Callable[[], nn.Module], training: bool) -> None:
    """Different images, targets and methods; nobody has probed the model before, so all do it at once."""
    size = tiny.SIZES.get(build, tiny.SIZE)
    module = build().train(training)
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.5  # a training flag put back too early would show
    model = tiny.as_model(module, size)
    before = state(module)
    jobs = [
        asking(model, methods, tiny.images(1 + index % 2, size, seed=index), index, TIMES)
        for index, methods in enumerate(ASKED[build])
    ]
    in_threads(jobs)
    assert state(module) == before


def test_a_failing_thread_disturbs_nobody() -> None:
    module = tiny.vit_module().train()
    model = tiny.as_model(module)
    before = state(module)

    def failing() -> None:
        for _ in range(TIMES):
            with pytest.raises(VitxplainError, match="channel dimension"):
                shared_pass(model, tiny.images(1)[:, :2], [GradientAttention()], 0)  # too few channels

    in_threads([failing, asking(model, [GradientAttention(), GradCAM()], tiny.images(2), 1, TIMES)])
    assert state(module) == before


def test_a_thread_that_only_predicts_is_not_disturbed() -> None:
    """A web server answers with the model while another thread explains with it."""
    module = tiny.vit_module()
    model = tiny.as_model(module)
    with torch.no_grad():
        expected = module(tiny.images(3)).logits

    def predicting() -> None:
        for _ in range(4 * TIMES):
            with torch.no_grad():
                logits = module(tiny.images(3)).logits
            assert not logits.requires_grad
            torch.testing.assert_close(logits, expected)

    in_threads([predicting, asking(model, [GradCAM(), GradientAttention()], tiny.images(2), 1, TIMES)])
