"""Where a model's weights lie: one device, or spread over several by accelerate."""

import atexit
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, TypeAlias

import torch
from torch import nn

from vitxplain.errors import UsageError
from vitxplain.models.vision_model import VisionModel

DeviceLike: TypeAlias = str | torch.device | Mapping[str, Any]

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
SHORT = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
HEADROOM = 0.8  # share of a device's free memory the weights may take; the rest is for activations


def available_devices() -> list[str]:
    """Names of the devices of this machine, best first."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def resolve_device(device: str | torch.device) -> torch.device:
    """The device of a name; "auto" is the first of CUDA, MPS, CPU.

    Raises:
        UsageError: no such device here; the message names those there are.
    """
    available = available_devices()
    if device == "auto":
        return torch.device(available[0])
    try:
        resolved = torch.device(device)
    except (RuntimeError, TypeError):
        resolved = None
    names = {*available, *(name.split(":")[0] for name in available)}
    if resolved is None or str(resolved) not in names:
        raise UsageError(f"device {str(device)!r} is not available; here are: auto, {', '.join(available)}.")
    return resolved


def resolve_dtype(dtype: str | torch.dtype) -> torch.dtype | None:
    """The number format of a name; None for "auto", the one the weights are stored in.

    Raises:
        UsageError: not a floating-point format.
    """
    if isinstance(dtype, torch.dtype):
        if dtype.is_floating_point:
            return dtype
    elif dtype == "auto":
        return None
    elif isinstance(dtype, str) and (name := SHORT.get(dtype, dtype)) in DTYPES:
        return DTYPES[name]
    raise UsageError(f"dtype {str(dtype)!r} does not exist; choose auto, {', '.join(DTYPES)}.")


def fits(module: nn.Module, device: torch.device, dtype: torch.dtype | None = None) -> bool:
    """Whether the weights (which may be on the meta device) leave room on this device for a pass."""
    return weight_bytes(module, dtype) <= HEADROOM * free_memory(device)


def weight_bytes(module: nn.Module, dtype: torch.dtype | None = None) -> int:
    """What weights and buffers take, floating-point ones in `dtype`."""
    tensors = (*module.parameters(), *module.buffers())
    return sum(tensor.numel() * _bytes(tensor, dtype) for tensor in tensors)


def free_memory(device: torch.device) -> int:
    """Bytes free on a device; main memory for CPU and MPS, which share it."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    from accelerate.utils import get_max_memory

    memory = get_max_memory()
    return memory.get("cpu") or memory["mps"]


def spread(module: nn.Module, device_map: Mapping[str, Any] | Literal["auto"]) -> nn.Module:
    """The module dispatched over devices, main memory and disk ("auto": as memory allows), by accelerate."""
    from accelerate import dispatch_model, infer_auto_device_map

    unsplit: Any = getattr(module, "_no_split_modules", None)
    places = infer_auto_device_map(module, no_split_module_classes=unsplit) if device_map == "auto" else device_map
    folder = offload_folder()
    remove_with(module, folder)
    return dispatch_model(module, dict(places), offload_dir=folder, force_hooks=True)


def offload_folder() -> str:
    """A folder for weights that go to disk; it is gone when Python ends, or earlier with `remove_with`."""
    folder = tempfile.mkdtemp(prefix="vitxplain-offload-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def remove_with(owner: nn.Module, folder: str) -> None:
    """Remove the folder together with the module whose weights are in it."""
    weakref.finalize(owner, shutil.rmtree, folder, ignore_errors=True)


def device_of(module: nn.Module) -> torch.device:
    """Where the module wants its input."""
    spread_over = getattr(module, "hf_device_map", None)
    if spread_over:
        main = next((place for place in spread_over.values() if place not in ("cpu", "disk")), "cpu")
        return torch.device("cuda", main) if isinstance(main, int) else torch.device(main)
    here = next((parameter.device for parameter in module.parameters() if not parameter.is_meta), None)
    return here or _fetched_to(module) or torch.device("cpu")


def _fetched_to(module: nn.Module) -> torch.device | None:
    """Where the hooks of accelerate bring weights that lie on no device between passes; None where there are none."""
    for part in module.modules():
        hook = getattr(part, "_hf_hook", None)
        for step in getattr(hook, "hooks", (hook,)):  # there may be several, one after another
            if (device := getattr(step, "execution_device", None)) is not None:
                return torch.device(device)
    return None


def dtype_of(module: nn.Module) -> torch.dtype:
    """The number format the module wants its input in: that of its first floating-point weight."""
    return next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)


def current(model: VisionModel) -> VisionModel:
    """The model, its input where its module's weights are now, and in their number format: it may have been moved."""
    device, dtype = device_of(model.module), dtype_of(model.module)
    same = (device, dtype) == (model.device, model.dtype)
    return model if same else replace(model, device=device, dtype=dtype)


def _bytes(tensor: torch.Tensor, dtype: torch.dtype | None) -> int:
    return dtype.itemsize if dtype is not None and tensor.is_floating_point() else tensor.element_size()
