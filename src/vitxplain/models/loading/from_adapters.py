"""Folders of peft: adapters such as LoRA, and the name of the model they belong to."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from vitxplain.errors import ModelLoadError, VitxplainError, reason
from vitxplain.files.documents import read_object
from vitxplain.files.paths import exists, is_file, is_folder
from vitxplain.files.reading import reading
from vitxplain.models.loading.adapter import LoadRequest
from vitxplain.models.loading.checkpoint import pickled
from vitxplain.models.objects.wrappers import unwrap
from vitxplain.models.surgery.classifier_heads import head_paths, same_for
from vitxplain.models.vision_model import VisionModel
from vitxplain.options.extras import check_installed

SETTINGS, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_PREFIX = "base_model.model."


def is_adapter_folder(folder: Path) -> bool:
    """Whether the folder holds adapters and no whole model."""
    return is_file(folder / SETTINGS) and not any(folder.glob("model*.safetensors"))


def base_source(folder: Path) -> str:
    """The folder or Hub id of the model that the adapters belong to; a relative path may start at their own folder.

    Raises:
        ModelLoadError: the folder does not name one, or one that is adapters again.
    """
    with reading(folder / SETTINGS, "the settings of adapters", "save the adapters again", ModelLoadError):
        settings = read_object(folder / SETTINGS)
        base = settings.get("base_model_name_or_path")
        if not isinstance(base, str) or not base.strip():
            raise ModelLoadError(
                f"{folder} holds adapters (peft) and does not say of which model. Write its folder or Hub id as "
                f"base_model_name_or_path into {SETTINGS}, or in Python give PeftModel.from_pretrained(base, folder)."
            )
        if settings.get("megatron_config"):
            raise ModelLoadError(
                f"{folder / SETTINGS} asks for megatron, which is not used here; remove megatron_config."
            )
        beside = folder / base
        source = beside if not exists(Path(base)) and is_folder(beside) else Path(base)
        if is_adapter_folder(source):
            raise ModelLoadError(
                f"{folder} names {base} as its base model, which holds adapters again; name a whole model."
            )
        return str(source) if is_folder(source) else base


def without_weights(folder: Path) -> ModelLoadError | None:
    """The error for a folder whose weights are missing or a pickle, None where they are there."""
    if is_file(folder / WEIGHTS):
        return None
    if is_file(folder / "adapter_model.bin"):
        return pickled(str(folder), "adapter_model.bin")
    return ModelLoadError(f"{folder} has the settings of adapters but no weights; {WEIGHTS} is missing beside them.")


def with_adapters(base: VisionModel, folder: Path) -> VisionModel:
    """The base model with the adapters in it, active and not merged; a head they bring has their classes.

    Raises:
        ModelLoadError: peft is not installed, or the adapters do not fit the model.
    """
    check_installed(str(folder), "peft", error=ModelLoadError)
    from peft import PeftModel
    from safetensors.torch import load_file

    try:
        weights = load_file(folder / WEIGHTS)
        classes = _fit_heads(base.module, weights)
        module = unwrap(PeftModel.from_pretrained(base.module, str(folder), torch_device="cpu"))
    except VitxplainError:
        raise
    except Exception as error:
        raise ModelLoadError(
            f"the adapters in {folder} do not fit their base model {base.source} ({reason(error)})."
        ) from error
    labels = base.labels if classes in (None, len(base.labels)) else {}
    return replace(base, module=module.eval(), source=str(folder), labels=labels)


def brings_heads(base: VisionModel, folder: Path) -> bool:
    """Whether the adapters' weights hold every layer that depends on the number of classes.

    Raises:
        ModelLoadError: they cannot be read.
    """
    from safetensors import safe_open

    path = folder / WEIGHTS
    with (
        reading(path, "a file of safetensors", "save the adapters again", ModelLoadError),
        safe_open(path, "pt") as file,
    ):
        names = set(file.keys())
    return all(f"{_PREFIX}{path}.weight" in names for path in head_paths(lambda count: same_for(base.module, count)))


def _fit_heads(module: nn.Module, weights: dict[str, Tensor]) -> int | None:
    """Linear layers that were saved whole get the size they were saved with; the last one's number of outputs."""
    modules, outputs = dict(module.named_modules()), None
    for name, weight in weights.items():
        path = name.removeprefix(_PREFIX).removesuffix(".weight")
        layer: Any = modules.get(path)
        if isinstance(layer, nn.Linear) and name.endswith(".weight"):
            outputs = len(weight)
            if layer.weight.shape != weight.shape:
                module.set_submodule(path, nn.Linear(weight.shape[1], outputs, bias=layer.bias is not None))
    return outputs


def request_of(request: LoadRequest) -> LoadRequest:
    """What the base model is opened with: its own revision, and a head that may be missing."""
    return replace(request, revision=None, new_head=True)
