"""timm's models: `timm:NAME`, with timm's own preprocessing and class names, or a timm module in memory."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from vitxplain.models.loading.adapter import Adapter, LoadRequest, import_library, unknown_name
from vitxplain.models.loading.checkpoint import pickled
from vitxplain.models.loading.from_module import chosen_processor
from vitxplain.models.loading.hub import look_up
from vitxplain.models.processors.processor import Processor
from vitxplain.models.processors.simple_processor import from_callable
from vitxplain.models.processors.transformers_processor import wrap_processor
from vitxplain.models.vision_model import VisionModel
from vitxplain.tasks.classification import Classification
from vitxplain.tasks.features import Features


class TimmAdapter(Adapter):
    """PyTorch Image Models."""

    def load(self, name: str, request: LoadRequest) -> VisionModel:
        timm = import_library("timm", f"timm:{name}")
        _check_known(name, timm.list_pretrained())
        settings = timm.get_pretrained_cfg(name)
        weights, commit = _weights(name, settings, request)
        overlay = {"file": str(weights), "custom_load": False} if weights else {}
        module = _create(timm, name, request.image_size, pretrained=True, pretrained_cfg_overlay=overlay)
        full_name = name if "." in name or not settings.tag else f"{name}.{settings.tag}"
        return _assemble(module.eval(), f"timm:{full_name}", commit, request)

    def claims(self, module: nn.Module) -> bool:
        """By timm's description of its input."""
        return isinstance(getattr(module, "pretrained_cfg", None), Mapping) and hasattr(module, "num_classes")

    def wrap(self, module: nn.Module, request: LoadRequest) -> VisionModel:
        settings: Any = module.pretrained_cfg
        name = f"timm:{settings.get('architecture', type(module).__name__)}"
        import_library("timm", name)
        return _assemble(module, name, None, request)

    def names(self) -> list[str]:
        return import_library("timm", "timm:NAME").list_pretrained()

    def build(self, architecture: str, num_classes: int, image_size: tuple[int, int] | None = None) -> nn.Module:
        timm = import_library("timm", f"timm:{architecture}")
        if not timm.is_model(architecture):
            raise unknown_name(architecture, "timm", timm.list_models())
        return _create(timm, architecture, image_size, num_classes=num_classes)


def _check_known(name: str, trained: list[str]) -> None:
    """`trained` are ARCHITECTURE.TAG; an architecture alone means its first tag."""
    architecture = name.partition(".")[0]
    architectures = sorted({one.partition(".")[0] for one in trained})
    if name in trained or name in architectures:
        return
    tags = [one for one in trained if one.partition(".")[0] == architecture]
    raise unknown_name(name, "timm", tags or architectures)


def _assemble(module: nn.Module, source: str, commit: str | None, request: LoadRequest) -> VisionModel:
    headless = not getattr(module, "num_classes", 1) and not request.new_head
    processor = chosen_processor(request, wrap=lambda own: wrap_processor(own, request.image_size))
    labels: dict[int, str] = {} if headless else _labels(module)
    task = Features() if headless else Classification()
    return VisionModel(module, source, processor or _processor(module, request), labels, revision=commit, task=task)


def _processor(module: nn.Module, request: LoadRequest) -> Processor:
    from timm.data import create_transform, resolve_model_data_config

    settings = resolve_model_data_config(module)
    # Built with another img_size, a model's patch embedding knows it, its description does not.
    size = request.image_size or getattr(getattr(module, "patch_embed", None), "img_size", None)
    if size is not None:
        settings["input_size"] = (settings["input_size"][0], *size)
    return from_callable(create_transform(**settings), "timm transform")


def _labels(module: nn.Module) -> dict[int, str]:
    """Names of the ImageNet subset the classes are, where it knows."""
    from timm.data import ImageNetInfo, infer_imagenet_subset

    subset = infer_imagenet_subset(module)
    if not subset:
        return {}
    info = ImageNetInfo(subset)
    return {index: info.index_to_description(index, detailed=False) for index in range(len(info.label_names()))}


def _create(timm: Any, name: str, image_size: tuple[int, int] | None, **settings: Any) -> nn.Module:
    """The model, its position embeddings resampled where it has any; convolutional ones know no img_size."""
    try:
        return timm.create_model(name, **settings, **({"img_size": image_size} if image_size else {}))
    except TypeError:
        if image_size is None:
            raise
    return timm.create_model(name, **settings)


def _weights(name: str, settings: Any, request: LoadRequest) -> tuple[Path | None, str | None]:
    """The safetensors file on the Hub and its commit; (None, None) leaves it to timm, which may open a pickle."""
    from huggingface_hub.errors import RemoteEntryNotFoundError

    if not settings.hf_hub_id:
        if request.allow_pickle:
            return None, None
        raise pickled(f"timm:{name}")
    filename = Path(settings.hf_hub_filename or "model.safetensors").with_suffix(".safetensors").name
    try:
        hub_model = look_up(settings.hf_hub_id, request.revision, filename)
        return hub_model.file, hub_model.commit
    except RemoteEntryNotFoundError as error:
        if not request.allow_pickle:
            raise pickled(f"timm:{name}") from error
    return None, None
