"""What was given in place of a model, in a few words, and the way from it to one."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from vitxplain.errors import ModelLoadError, UsageError

_EXPECTED: Final = (
    "is no model; give a folder, a name of `vitx models`, a Hub id, timm:NAME, torchvision:NAME, an nn.Module or what "
    "load_model returned."
)
_LOAD_STATE: Final = "Build the network, load them into it (`module.load_state_dict(...)`), and give the module"
_WEIGHTS: Final = (".pth", ".pt", ".ckpt", ".bin", ".safetensors", ".pth.tar")
_FORMATS: Final = {
    ".onnx": "ONNX graphs do not show their inside; give the PyTorch module that was exported.",
    ".pt2": "An exported program is opened by its library: give `torch.export.load(path).module()`.",
    ".pkl": "A pickle runs code when it is opened, so open it yourself if you trust it (fastai: "
    "`load_learner`), and give what it holds.",
    ".h5": "Keras models cannot be explained; give a PyTorch module.",
    ".keras": "Keras models cannot be explained; give a PyTorch module.",
    ".tflite": "TFLite models do not show their inside; give the PyTorch module that was exported.",
}
_LONGEST: Final = 120  # characters of a repr


def no_model(thing: Any) -> UsageError:
    """The error for what no model can be made of; short, whatever it is."""
    name, hint = _described(thing)
    return UsageError(f"{name} {_EXPECTED}{f' {hint}.' if hint else ''}")


def file_is_no_model(source: "str | Path") -> ModelLoadError:
    """The error for a file, which is not opened: by what its name ends in, weights or something else."""
    path = Path(source)
    expected = f"{source} is a file; give the folder it lies in, with its config.json."
    suffix = path.suffix.lower()
    if suffix in _WEIGHTS or path.name.lower().endswith(_WEIGHTS):
        read = (
            "safetensors.torch.load_file(path)" if suffix == ".safetensors" else "torch.load(path, weights_only=True)"
        )
        return ModelLoadError(
            f"{expected} Weights alone do not say which network they are of: in Python build it, load them "
            f"(`module.load_state_dict({read})`), and give the module."
        )
    return ModelLoadError(f"{expected} {_FORMATS[suffix]}" if suffix in _FORMATS else expected)


def _described(thing: Any) -> tuple[str, str]:
    """What it is, and what to do, which may be nothing."""
    if isinstance(thing, Mapping):
        return _mapping(thing)
    if isinstance(thing, type):
        return repr(thing), f"That is a class: give an instance of it, {_construction(thing)}"
    if isinstance(thing, (Image.Image, np.ndarray, Tensor)):
        kind = "an image" if isinstance(thing, Image.Image) else f"an array of shape {tuple(thing.shape)}"
        return kind, "The model comes first, then the image: explain(model, image)"
    if isinstance(thing, (list, tuple, set)):
        kind, count = type(thing).__name__, len(thing)
        modules = any(isinstance(one, nn.Module) for one in thing)
        return f"a {kind} of {count}", "Give one model at a time" if modules else ""
    if hasattr(thing, "preprocess") or hasattr(thing, "image_processor"):
        return f"a {type(thing).__name__}", "It makes a model's input: give it beside the model, as processor="
    if type(thing).__module__.partition(".")[0] in ("onnx", "onnxruntime"):
        return f"an {type(thing).__name__} of ONNX", _FORMATS[".onnx"].rstrip(".")
    if isinstance(thing, torch.jit.ScriptFunction):
        return "a TorchScript function", "Its inside cannot be watched: give the nn.Module before torch.jit.script"
    if inspect.isroutine(thing):
        name = getattr(thing, "__name__", type(thing).__name__)
        return f"the function {name}", "Call it if it makes a model; if it is one, wrap it in an nn.Module"
    if callable(getattr(thing, "module", None)) and hasattr(thing, "graph_signature"):
        return f"an {type(thing).__name__}", "Give its module: load_model(program.module(), ...)"
    name = repr(thing)
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}...", ""


def _mapping(thing: Mapping[Any, Any]) -> tuple[str, str]:
    for key, value in thing.items():
        if isinstance(value, nn.Module):
            return f"a dict with a module under {key!r}", f"Give that: load_model(checkpoint[{key!r}], ...)"
    if _is_state_dict(thing):
        return f"a state dict, {len(thing)} weights without their network,", _LOAD_STATE
    for key, value in thing.items():
        if isinstance(value, Mapping) and _is_state_dict(value):
            return (
                f"a checkpoint with {len(value)} weights under {key!r}",
                _LOAD_STATE.replace("(...)", f"(checkpoint[{key!r}])"),
            )
    return f"a dict with {len(thing)} keys", ""


def _is_state_dict(thing: Mapping[Any, Any]) -> bool:
    return (
        bool(thing)
        and all(isinstance(key, str) for key in thing)
        and any(isinstance(v, Tensor) for v in thing.values())
    )


def _construction(kind: type) -> str:
    if hasattr(kind, "from_pretrained"):
        return f"such as {kind.__name__}.from_pretrained(...)"
    return f"{kind.__name__}(...), with its weights"
