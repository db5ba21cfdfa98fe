"""Which attention the logits depend on, and which of it a gradient reaches; SigLIP's classifier leaves a head aside."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.types import Logits, PixelValues

if TYPE_CHECKING:
    from vitxplain.models.observation import SeenCall
    from vitxplain.models.vision_model import VisionModel


@dataclass(eq=False)
class _Disturbance:
    """Spoils what the calls of these numbers return."""

    numbers: Collection[int]
    calls: int = field(default=0, init=False)

    def before(self, call: AttentionCall) -> bool:
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None:
        if self.calls in self.numbers:
            output.mul_(-2).add_(1)
        self.calls += 1

    def hides(self, path: str, function: str) -> None: ...

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None: ...


def mark_use(model: "VisionModel", image: PixelValues, logits: Logits, calls: list["SeenCall"]) -> None:
    """Note of each call whether `logits`, of this image, depend on it; call it where the model is undisturbed.

    What no gradient reaches may still move them, where somebody detached it: so it is spoilt, to see whether they
    change.
    """
    reached = set()
    todo = [logits.grad_fn]
    while todo:
        step = todo.pop()
        if step is not None and step not in reached:
            reached.add(step)
            todo += [before for before, _ in step.next_functions]
    for one in calls:
        one.reached = one.output is not None and one.output.grad_fn in reached
    aside = {number for number, one in enumerate(calls) if not one.reached}
    if not aside:
        return
    with torch.no_grad(), AttentionTap(model.module, _Disturbance(aside)):
        unmoved = torch.allclose(model.logits(image), logits, rtol=1e-4)
    for number in aside:
        calls[number].used = not unmoved
