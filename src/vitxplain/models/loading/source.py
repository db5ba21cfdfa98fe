"""Finds the library that makes a VisionModel of a source: a string, a folder or a module."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from vitxplain import registry
from vitxplain.errors import ModelLoadError, PluginError, UnknownNameError, UsageError, VitxplainError
from vitxplain.files.near import beside_the_hub, looks_like_a_path, no_folder_either, no_such_folder
from vitxplain.files.paths import is_file, is_folder, is_text, user_path
from vitxplain.models import known_models
from vitxplain.models.known_models import ALIASES
from vitxplain.models.loading import from_adapters, from_saved_folder
from vitxplain.models.loading.adapter import Adapter, LoadRequest
from vitxplain.models.loading.hub import AbsentModelError
from vitxplain.models.loading.plugin_failure import adapter_errors, checked_model, load_adapter
from vitxplain.models.objects.holders import InnerModel, inner_model
from vitxplain.models.objects.libraries import is_transformers_model
from vitxplain.models.objects.no_model import file_is_no_model, no_model
from vitxplain.models.vision_model import VisionModel

PACKAGE = "vitxplain"
ON_A_MODULE = "fails on a module of its library"
BUILT_IN = ("transformers", PACKAGE)  # packages whose modules are wrapped without an adapter


def resolve(source: Any, request: LoadRequest) -> VisionModel:
    """The model of a source, on the CPU unless its library placed it.

    Raises:
        UsageError: it is neither a name nor a folder, nor a module or what holds one.
    """
    from vitxplain.models.loading import from_transformers

    if (inner := inner_model(source)) is not None:
        return _wrap(inner, request)
    if not isinstance(source, (str, Path)) or not str(source).strip():
        raise no_model(source)
    if (folder := model_folder(source)) is not None:
        if request.revision is not None:
            raise UsageError(f"{source} is a folder and has no revision {request.revision!r}; leave revision out.")
        if not is_text(folder):
            raise ModelLoadError(f"{source} is no name in UTF-8, and safetensors opens no other; rename the folder.")
        if is_file(folder / from_saved_folder.MANIFEST):
            return from_saved_folder.load(folder, request)
        if from_adapters.is_adapter_folder(folder):
            return _with_adapters(folder, request)
        model = from_transformers.load_from_folder(folder, request)
        # Where the package keeps its own is nothing that others can use.
        return replace(model, source=folder.name) if folder.parent == known_models.FOLDER else model
    name = str(source)
    prefix, colon, library_name = name.partition(":")
    if colon and len(prefix) > 1:
        adapter = _adapter(prefix, name)
        with adapter_errors(prefix, type(adapter)):
            return checked_model(prefix, adapter.load(library_name, request))
    if is_file(user_path(source)):
        raise file_is_no_model(source)
    if looks_like_a_path(source):
        raise ModelLoadError(no_such_folder(source))
    if name in ALIASES:
        return from_transformers.load_from_hub(ALIASES[name].source, request)
    try:
        return from_transformers.load_from_hub(name, request)
    except ModelLoadError as error:
        if hint := beside_the_hub(name):
            raise ModelLoadError(f"{hint}{error}") from error
        if isinstance(error, AbsentModelError):
            raise AbsentModelError(f"{error} {no_folder_either(name)}") from error
        raise


def _with_adapters(folder: Path, request: LoadRequest) -> VisionModel:
    """A folder of peft: its base model is opened by the name the folder gives, then gets the adapters."""
    base = from_adapters.base_source(folder)
    if (error := from_adapters.without_weights(folder)) is not None:
        raise error
    try:
        model = resolve(base, from_adapters.request_of(request))
        if not from_adapters.brings_heads(model, folder):
            model = resolve(base, replace(request, revision=None))
    except VitxplainError as error:
        raise ModelLoadError(
            f"{folder} holds adapters (peft) of {base}, which cannot be opened: {error} In Python give the base model "
            "yourself: PeftModel.from_pretrained(base, folder)."
        ) from error
    return from_adapters.with_adapters(model, folder)


def model_folder(source: "str | Path") -> Path | None:
    """The folder a source names: one that is there, the model in a run of `vitx train`, or a demo model's."""
    folder = user_path(source)
    if not is_folder(folder):
        return known_models.demo_folder(str(source)) if source in known_models.NAMES else None
    in_run = is_file(folder / "config.yaml") and is_folder(folder / "model")
    return folder / "model" if in_run else folder


def _adapter(prefix: str, source: str) -> Adapter:
    if prefix not in (adapters := registry.names("adapters")):
        raise UnknownNameError(
            f"{prefix}: in {source!r} names no installed library of models; known are "
            f"{', '.join(f'{name}:NAME' for name in adapters)}. A Hub id has no colon."
        )
    return load_adapter(prefix)


def _wrap(inner: InnerModel, request: LoadRequest) -> VisionModel:
    """A module in memory: by the adapter that claims it, else as one of transformers, else as any module."""
    if inner.processor is not None and request.processor is None and request.mean is None and request.std is None:
        request = replace(request, processor=inner.processor)
    model = _wrap_module(inner.module, request)
    return model if inner.labels is None else replace(model, labels=inner.labels)


def _wrap_module(module: nn.Module, request: LoadRequest) -> VisionModel:
    from vitxplain.models.loading import from_module, from_transformers

    if (claimed := _claiming_adapter(module)) is not None:
        name, adapter = claimed
        with adapter_errors(name, type(adapter), ON_A_MODULE):
            return checked_model(name, adapter.wrap(module, request))
    if is_transformers_model(module):
        return from_transformers.wrap(module, request)
    return from_module.wrap_module(module, request)


def _claiming_adapter(module: nn.Module) -> tuple[str, Adapter] | None:
    """The adapter that claims a module, with its name, if any; that of the module's own library is asked first.

    An adapter that fails is passed over, unless it is that of the module's own library.

    Raises:
        PluginError: that one cannot be loaded, or fails.
    """
    libraries = [base.__module__.partition(".")[0] for base in type(module).__mro__]
    if libraries[0] in BUILT_IN:
        return None
    for name in _asking_order(libraries):
        try:
            adapter = load_adapter(name)
            with adapter_errors(name, type(adapter), ON_A_MODULE):
                if adapter.claims(module):
                    return name, adapter
        except Exception as error:
            if name in libraries:
                raise _plugin_error(name, error) from error
    return None


def _asking_order(libraries: list[str]) -> list[str]:
    """Names of adapters: of the module's library, of other packages, of this package."""
    points = registry.names("adapters")
    return sorted(points, key=lambda name: (name not in libraries, points[name].module.startswith(f"{PACKAGE}.")))


def _plugin_error(name: str, error: Exception) -> PluginError:
    if isinstance(error, PluginError):
        return error
    package = registry.package(registry.names("adapters")[name])
    return PluginError(
        f"the adapter {name!r} of {package} {ON_A_MODULE}: {type(error).__name__}: {error}. "
        "Update or uninstall that package."
    )
