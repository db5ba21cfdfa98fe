"""Blueprint: how a module is made again without its weights, as JSON.

{"backend": "timm", "architecture": "resnet18.a1_in1k"}                      by the adapter of that name
{"backend": "transformers", "config": {...}}                                 by the Auto classes
either with "image_size": [384, 384]      built for another size than its own
either with "cut_at": "stages.1"          ended early, see `cut_network`
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, TypeAlias

from torch import nn

from vitxplain import registry
from vitxplain.errors import ModelLoadError
from vitxplain.models.loading.plugin_failure import adapter_errors, load_adapter
from vitxplain.models.objects.libraries import is_transformers_model
from vitxplain.models.surgery.cut_network import cut
from vitxplain.models.trust.model_classes import classifier_class
from vitxplain.models.trust.network_size import check_numbers
from vitxplain.models.trust.settings import check_settings
from vitxplain.models.vision_model import VisionModel

Blueprint: TypeAlias = Mapping[str, Any]

NO_FIELDS = ("model_type", "auto_map")  # of a configuration as it is stored
KEYS = ("backend", "architecture", "config", "image_size", "cut_at")


def build(
    blueprint: Blueprint, classes: int, size: tuple[int, int], channels: int = 3, source: str = "the blueprint"
) -> nn.Module:
    """The module for so many classes, with fresh weights; `size` is that of its input in pixels.

    `source` is what errors call the place where the blueprint stands.

    Raises:
        ModelLoadError, UnknownNameError: its library is not there or does not know it, or it asks for more than a
            classifier of its library.
        OptionError: it cannot be cut where the blueprint says.
    """
    module = _uncut(blueprint, classes, source)
    if "cut_at" not in blueprint:
        return module
    return cut(module, blueprint["cut_at"], classes, size, channels)


def blueprint_of(model: VisionModel, image_size: tuple[int, int] | None = None) -> Blueprint:
    """The blueprint of a loaded model; `image_size` where it was built for another than its own.

    Raises:
        ModelLoadError: nothing is known of it but the module itself.
    """
    module: Any = model.module
    if is_transformers_model(module):
        config = module.config.to_dict() | {"architectures": [type(module).__name__]}
        return {"backend": "transformers", "config": config}
    prefix, colon, name = model.source.partition(":")
    if not colon or prefix not in registry.names("adapters"):
        raise ModelLoadError(
            f"{model.source} is a module in memory, and a trained copy could not be opened again by name; give a model "
            "of transformers, timm:NAME, torchvision:NAME or a folder."
        )
    return {"backend": prefix, "architecture": name} | ({"image_size": list(image_size)} if image_size else {})


def _uncut(blueprint: Blueprint, classes: int, source: str) -> nn.Module:
    if blueprint["backend"] == "transformers":
        return _from_config(blueprint["config"], classes, source)
    name = registry.canonical("adapters", blueprint["backend"])
    adapter = load_adapter(name)
    sized = {"image_size": tuple(blueprint["image_size"])} if "image_size" in blueprint else {}
    with adapter_errors(name, type(adapter)):
        return adapter.build(blueprint["architecture"], classes, **sized)


def _from_config(settings: Mapping[str, Any], classes: int, source: str) -> nn.Module:
    """A classifier of transformers; code that the settings name (`auto_map`) is neither run nor asked about."""
    from transformers import CONFIG_MAPPING, AutoConfig

    import vitxplain.models.scratch.scratch  # noqa: F401 - makes our own known to the Auto classes

    kind = settings.get("model_type")
    if not isinstance(kind, str) or kind not in CONFIG_MAPPING:
        code = " and its own code is never run from there" if "auto_map" in settings else ""
        raise ModelLoadError(
            f"{source} describes a model of type {kind!r}, which the installed transformers does not have{code}"
            "; use the version of transformers it was saved with."
        )
    check_settings(source, settings)
    check_numbers(source, settings)
    fields = deepcopy({name: value for name, value in settings.items() if name not in NO_FIELDS})
    config = AutoConfig.for_model(kind, **fields)
    config.num_labels = classes
    return classifier_class(source, config)(config)
