"""Is it all there? Weights present, complete, trained and finite."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn

from vitxplain.errors import ModelLoadError

SAFE = ("*.safetensors", "*.safetensors.index.json")
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
LIBRARIES = ("timm", "torchvision")  # extras of the same name


def check_has_weights(folder: Path, *, allow_pickle: bool = False) -> None:
    """Raises:
    ModelLoadError: the folder holds no safetensors, or only pickles and nobody asked for those.
    """
    if any(path for pattern in SAFE for path in folder.glob(pattern)):
        return
    pickles = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
    if not pickles:
        raise ModelLoadError(f"{folder} has a configuration but no weights; model.safetensors is missing beside it.")
    if not allow_pickle:
        raise pickled(str(folder), pickles[0])


def pickled(source: str, name: str = "a .bin file") -> ModelLoadError:
    """The weights are a pickle, and nobody asked for one."""
    return ModelLoadError(
        f"the weights of {source} are a pickle ({name}), which can run any code when opened; "
        "convert them to safetensors, or load them with allow_pickle=True if you trust their author."
    )


def check_complete(source: str, report: Mapping[str, Any]) -> None:
    """Raises:
    ModelLoadError: weights the checkpoint did not bring, which are therefore random; usually the classifier.
    """
    missing = sorted(report.get("missing_keys", ()))
    mismatched = sorted(str(key[0] if isinstance(key, tuple) else key) for key in report.get("mismatched_keys", ()))
    if not missing and not mismatched:
        return
    names = [*missing, *mismatched]
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    raise ModelLoadError(
        f"{source} has no trained classifier: {shown} {'is' if len(names) == 1 else 'are'} not among its weights and "
        "would be random. Choose a checkpoint fine-tuned for image classification (its Hub page says so)."
    )


def check_finite(source: str, module: nn.Module) -> None:
    """Raises:
    ModelLoadError: a weight is NaN; the message names the first such tensor.
    """
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        if not tensor.is_floating_point() or tensor.is_meta:
            continue
        # The sum is NaN if any term is, and takes no memory; infinities may cancel to NaN too, so look again.
        if tensor.detach().sum().isnan() and tensor.isnan().any():
            count = int(tensor.isnan().sum())
            raise ModelLoadError(
                f"the weights of {source} are broken: {name} holds NaN ({count} of {tensor.numel()} values). "
                "Use another checkpoint, for instance one from before the training diverged."
            )


def loading_error(source: str, error: Exception, hub: ModelLoadError | None = None) -> ModelLoadError:
    """Any failure of transformers or safetensors while a model is made, in one sentence."""
    text = " ".join(str(error).split())
    library = next((one for one in LIBRARIES if isinstance(error, ImportError) and one in text.lower()), None)
    if library and find_spec(library) is None:
        return ModelLoadError(f"{source} needs {library}, which is not installed: pip install 'vitxplain[{library}]'")
    if "trust_remote_code" in text:
        return ModelLoadError(
            f"{source} comes with its own code, which is not run unless asked for; read it, then pass "
            "trust_remote_code=True (--trust-remote-code)."
        )
    if "thus cannot be loaded with `safetensors`" in text:
        return pickled(source)
    if isinstance(error, OSError) and hub is not None:
        return hub
    reason = text if len(text) < 300 else f"{text[:300]} ..."
    return ModelLoadError(
        f"{source} could not be loaded: {type(error).__name__}: {reason} Check that its files are complete and made "
        f"for this version of transformers (torch {torch.__version__})."
    )
