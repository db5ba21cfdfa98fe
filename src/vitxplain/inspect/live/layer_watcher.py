"""LayerWatcher: takes each layer's attention head by head while it runs, so that never two copies of a layer exist."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from vitxplain.capture.attention_tap import AttentionTap
from vitxplain.capture.calls import AttentionCall
from vitxplain.capture.layout import AttentionLayout
from vitxplain.capture.record import AttentionRecord
from vitxplain.capture.undisturbed import undisturbed
from vitxplain.capture.weight_gradients import WeightGradients
from vitxplain.errors import CaptureError, UsageError
from vitxplain.explainers.passes.expected_calls import check_all_ran, check_call, hidden
from vitxplain.inspect.layer_form import LayerForm
from vitxplain.inspect.layer_tensors import Extent, LayerTensors, Precision, layer_tensors
from vitxplain.inspect.live.layer_forms import head_weights
from vitxplain.models.plain_pass import plain_pass_on_failure
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.base import TaskOutputs
from vitxplain.tasks.leaves import in_fp32
from vitxplain.types import PixelValues


class LayerWatcher:
    """The watcher of one pass of one image. `forms` are by the number of the call; those in `whole` are kept whole."""

    def __init__(
        self,
        layouts: Sequence[AttentionLayout],
        forms: Mapping[int, LayerForm],
        whole: set[int],
        precision: Precision,
        extent: Extent,
    ) -> None:
        self._layouts, self._forms, self._whole = layouts, forms, whole
        self._precision: Precision = precision
        self._extent = extent
        self._calls = 0
        self.layers: list[LayerTensors] = []

    def before(self, call: AttentionCall) -> bool:
        check_call(self._layouts, call)
        self._calls = call.index + 1
        form = self._forms.get(call.index)
        if form is not None:
            with torch.no_grad(), torch.autocast(call.weights.value.device.type, enabled=False):
                record = AttentionRecord(len(self.layers), self._layouts[call.index], call.weights)
                self.layers.append(self._recorded(record, form))
        return False

    def after(self, call: AttentionCall, output: Tensor) -> None: ...

    def hides(self, path: str, how: str) -> None:
        raise hidden(path, how)

    def gradient(self, call: AttentionCall, gradients: WeightGradients) -> None: ...

    def check_all_ran(self) -> None:
        """Raise CaptureError unless every call that the probe saw ran."""
        check_all_ran(self._layouts, self._calls)

    def _recorded(self, record: AttentionRecord, form: LayerForm) -> LayerTensors:
        try:
            return layer_tensors(
                form,
                head_weights(record, form),
                extent=self._extent,
                precision=self._precision,
                rows="all" if form.number in self._whole else "class",
            )
        except UsageError as error:  # numbers that overflowed in half precision
            raise CaptureError(f"{error} The model's own numbers are not finite: try dtype='float32'.") from error


@torch.inference_mode(False)
def watched_pass(model: VisionModel, pixel_values: PixelValues, watcher: LayerWatcher) -> TaskOutputs:
    """What the model says of one image, in fp32, while the watcher looks on; the model is left as found."""
    options: dict[str, Any] = {"device_type": model.device.type, "enabled": False}
    with undisturbed(model.module), plain_pass_on_failure(model, pixel_values):
        with AttentionTap(model.module, watcher):
            outputs = model.outputs(pixel_values)
        watcher.check_all_ran()
        with torch.autocast(**options):
            return in_fp32(outputs)
