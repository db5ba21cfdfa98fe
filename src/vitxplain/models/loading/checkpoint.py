"""Checks that weights are present, complete, trained and finite."""

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from torch import nn

from vitxplain.errors import ModelLoadError, reason
from vitxplain.files.opening import check_file, open_file
from vitxplain.files.paths import is_file, is_folder
from vitxplain.files.reading import reading
from vitxplain.models.objects.packed import stored
from vitxplain.models.trust.weight_map import check_weight_maps
from vitxplain.options.extras import not_installed

SAFE = ("*.safetensors", "*.safetensors.index.json")
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
LFS_POINTER = b"version https://git-lfs"
LIBRARIES = ("timm", "torchvision")  # extras of the same name
_NAMES_OF_CLASSES = (
    "; or, where the last layer was exchanged in Python, name its {count} classes there: "
    '"id2label": {{"0": "NAME", ...}}, as `model.config.id2label = {{0: "NAME", ...}}` does before `save_pretrained`.'
)


def check_is_model(folder: Path) -> None:
    """Raises:
    ModelLoadError: it is no folder that `save_pretrained` wrote; of a training that goes on, how to end it.
    """
    if is_file(folder / "config.json"):
        return
    if is_folder(folder / "checkpoints"):
        raise ModelLoadError(
            f"{folder} is a training that has not ended yet; go on with `vitx train --resume --out {folder}`."
        )
    if folder.parent.name == "checkpoints":
        raise ModelLoadError(
            f"{folder} is a checkpoint of a training, which it needs to go on, and no model; end the training with "
            f"`vitx train --resume --out {folder.parent.parent}` and give that folder."
        )
    raise ModelLoadError(
        f"{folder} holds no config.json (transformers) and no vitxplain.json, so it is no model folder; "
        "give the folder that `save_pretrained` or `vitx train` wrote."
    )


def check_has_weights(folder: Path, *, allow_pickle: bool = False) -> None:
    """Raises:
    ModelLoadError: the folder holds no safetensors, or none with content, or only pickles without `allow_pickle`; or
        its index names files elsewhere.
    """
    for path in sorted(folder.glob("*.json")):
        with reading(path, "a file that a model has", "download it again", ModelLoadError):
            check_file(path)
    check_weight_maps(folder)
    safe = [path for pattern in SAFE for path in sorted(folder.glob(pattern))]
    for path in safe:
        with reading(path, "a file of weights", "download it again", ModelLoadError), open_file(path) as file:
            start = file.read(len(LFS_POINTER))
        if not start:
            raise ModelLoadError(f"{path} is empty (0 bytes); download it again.")
        if start == LFS_POINTER:
            raise ModelLoadError(f"{path} is only git's pointer to the weights; fetch them with `git lfs pull`.")
    if safe:
        return
    pickles = sorted(path.name for pattern in PICKLES for path in folder.glob(pattern))
    if not pickles:
        raise ModelLoadError(f"{folder} has a configuration but no weights; model.safetensors is missing beside it.")
    if not allow_pickle:
        raise pickled(str(folder), pickles[0])


def pickled(source: str, name: str = "a .bin file") -> ModelLoadError:
    """The error for weights that are a pickle where `allow_pickle` was not given."""
    return ModelLoadError(
        f"the weights of {source} are a pickle ({name}), which can run any code when opened; "
        "convert them to safetensors, or load them with allow_pickle=True if you trust their author."
    )


def check_complete(source: str, report: Mapping[str, Any], description: str | None = None) -> None:
    """`report` is transformers' own on loading; `description` says what the checkpoint is a model for, if not this.

    Raises:
        ModelLoadError: weights the checkpoint did not bring, which are therefore random, usually the classifier; or
            weights of another shape than the configuration says.
    """
    missing = sorted(report.get("missing_keys", ()))
    if missing:
        hint = f" (it is {description})" if description else ""
        raise ModelLoadError(
            f"{source} has no trained classifier: {_listed(missing)} {'is' if len(missing) == 1 else 'are'} not among "
            f"its weights and would be random{hint}. {_instead(missing, report.get('unexpected_keys', ()))}"
        )
    for name, stored_shape, config_shape in sorted(report.get("mismatched_keys", ())):
        only_classes = tuple(stored_shape[1:]) == tuple(config_shape[1:])
        raise ModelLoadError(
            f"the weights of {source} do not fit its config.json: {name} is {tuple(stored_shape)} in the weights, "
            f"{tuple(config_shape)} by the configuration. Use the config.json that was saved with these weights"
            + (_NAMES_OF_CLASSES.format(count=stored_shape[0]) if only_classes else ".")
        )


def _instead(missing: Sequence[str], unexpected: Iterable[str]) -> str:
    """What to do where these weights are missing: another head may be stored in their place."""
    heads = tuple(f"{name.rpartition('.')[0]}." for name in missing if "." in name)
    if not heads or not (others := sorted(name for name in unexpected if name.startswith(heads))):
        return "Choose a checkpoint fine-tuned for image classification (its Hub page says so)."
    return (
        f"In their place are {_listed(others)}: a head that was exchanged in Python, of which config.json knows "
        "nothing. Make the model in Python as for its training, load the weights "
        "(`model.load_state_dict(safetensors.torch.load_file(path))`), and give it instead of the folder."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def check_in_memory(source: str, module: nn.Module) -> None:
    """Raises:
    ModelLoadError: weights lie on the meta device, where they have no values, and accelerate will not bring them.
    """
    if any(hasattr(part, "_hf_hook") for part in module.modules()):
        return
    for name, parameter in module.named_parameters():
        if parameter.is_meta:
            raise ModelLoadError(
                f"the weights of {source} were never loaded: {name} lies on the meta device. Load them into the module "
                "first (to_empty and load_state_dict)."
            )


def check_finite(source: str, module: nn.Module) -> None:
    """Raises:
    ModelLoadError: a weight is NaN or infinite; the message names the first such tensor.
    """
    learned = dict(module.named_parameters())
    named = (*learned.items(), *module.named_buffers())
    for name, tensor in ((name, part) for name, whole in named for part in stored(whole)):
        if not tensor.is_floating_point() or tensor.is_meta:
            continue
        if tensor.element_size() == 1:  # 8-bit floats, which PyTorch does not add up
            tensor = tensor.float()
        # The sum is finite only if all terms are, and takes no memory; it may overflow, so look again.
        if tensor.detach().sum().isfinite():
            continue
        # A buffer may hold infinities for a reason: a mask.
        for noun, broken in {"NaN": tensor.isnan(), "infinity": tensor.isinf() & (name in learned)}.items():
            if broken.any():
                raise ModelLoadError(
                    f"the weights of {source} are broken: {name} holds {noun} ({int(broken.sum())} of {tensor.numel()} "
                    "values). Use another checkpoint, for instance one from before the training diverged."
                )


def loading_error(source: str, error: Exception, hub: ModelLoadError | None = None) -> ModelLoadError:
    """The error for a failure of transformers or safetensors while a model is made, in one sentence."""
    text = " ".join(str(error).split())
    library = next((one for one in LIBRARIES if isinstance(error, ImportError) and one in text.lower()), None)
    if library and find_spec(library) is None:
        return ModelLoadError(not_installed(source, library))
    needed = re.search(r"requires the (\w+) library", text) if isinstance(error, ImportError) else None
    if needed:
        return ModelLoadError(not_installed(source, needed[1]))
    if "trust_remote_code" in text:
        return ModelLoadError(
            f"{source} comes with its own code, which is not run unless asked for; read it, then pass "
            "trust_remote_code=True (--trust-remote-code)."
        )
    if "thus cannot be loaded with `safetensors`" in text:
        return pickled(source)
    if isinstance(error, OSError) and hub is not None:
        return hub
    return ModelLoadError(
        f"{source} could not be loaded ({type(error).__name__}: {reason(error)}); check that its files are complete "
        f"and made for the installed transformers {version('transformers')}."
    )
