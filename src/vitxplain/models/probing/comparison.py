"""What two images change in each attention call: the axis that doubles, and the keys that stay the same."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch import Tensor

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.types import PixelValues

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True)
class CallComparison:
    """One attention call on two images beside itself on one."""

    batch_axis: int | None = None  # the axis of its weights that doubled
    constant_keys: tuple[bool, ...] | None = None  # per key: the same value for both images


def compare_calls(model: "VisionModel", images: PixelValues, shapes: Sequence[tuple[int, ...]]) -> list[CallComparison]:
    """Run the model on two images; `shapes` are those its attention calls have on one of them, in order.

    Keys are compared where their number first appears: later every one of them depends on the image.
    """
    watcher = _Comparing(shapes)
    with AttentionTap(model.module, watcher):
        model.logits(images)
    return watcher.comparisons + [CallComparison()] * (len(shapes) - len(watcher.comparisons))


@dataclass(eq=False)
class _Comparing:
    """The watcher of the pass on two images."""

    shapes: Sequence[tuple[int, ...]]
    comparisons: list[CallComparison] = field(default_factory=list)
    key_counts: set[int] = field(default_factory=set)

    def before(self, call: AttentionCall) -> bool:
        if len(self.comparisons) < len(self.shapes):
            self.comparisons.append(self._compare(self.shapes[len(self.comparisons)], call))
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None: ...

    def hides(self, path: str, how: str) -> None: ...

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None: ...

    def _compare(self, shape: tuple[int, ...], call: AttentionCall) -> CallComparison:
        doubled = [axis for axis, (a, b) in enumerate(zip(shape, call.weights.shape, strict=True)) if b == 2 * a]
        if not doubled:
            return CallComparison()
        axis, value = doubled[0], call.weights.value
        if shape[axis] != 1 or value.dim() != len(shape) or value.shape[axis] != 2:
            return CallComparison(axis)
        if value.shape[-2] in self.key_counts:
            return CallComparison(axis)
        self.key_counts.add(value.shape[-2])
        first, second = value.unbind(axis)
        change = (first - second).abs().movedim(-2, 0).flatten(1).amax(1)
        return CallComparison(axis, tuple((change <= 1e-5 * first.abs().amax()).tolist()))
