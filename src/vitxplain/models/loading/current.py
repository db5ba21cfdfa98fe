"""A loaded model as it is now: its module may have been moved, cast or given another head since."""

from dataclasses import replace

from vitxplain.models.loading.devices import device_of, dtype_of
from vitxplain.models.vision_model import VisionModel


def current(model: VisionModel) -> VisionModel:
    """The model, its input where the module's weights are now, and in their number format."""
    device, dtype = device_of(model.module), dtype_of(model.module)
    same = (device, dtype) == (model.device, model.dtype)
    return model if same else replace(model, device=device, dtype=dtype)
