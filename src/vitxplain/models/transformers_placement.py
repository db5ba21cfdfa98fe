"""Where from_pretrained puts the weights: one device, the user's map, or spread as memory allows."""

from typing import Any

from vitxplain.models.adapters import LoadRequest
from vitxplain.models.placement import fits, offload_folder


def placement_arguments(config: Any, request: LoadRequest) -> dict[str, Any]:
    """Where from_pretrained shall put the weights: nowhere special, by the user's map, or spread as memory allows."""
    if request.device_map is not None:
        return {"device_map": request.device_map, "offload_folder": offload_folder()}
    if request.device is None or _fits(config, request):
        return {}
    return {"device_map": "auto", "offload_folder": offload_folder()}


def _fits(config: Any, request: LoadRequest) -> bool:
    from accelerate import init_empty_weights
    from transformers import AutoModelForImageClassification

    with init_empty_weights():
        empty = AutoModelForImageClassification.from_config(config, trust_remote_code=request.trust_remote_code)
    return request.device is None or fits(empty, request.device, request.dtype or getattr(config, "dtype", None))
