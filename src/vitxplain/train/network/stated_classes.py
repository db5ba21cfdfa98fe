"""Which classes of transformers a source says that it is of, before its weights are opened."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from torch import nn

from vitxplain import registry
from vitxplain.files.documents import read_object
from vitxplain.files.paths import is_file
from vitxplain.models.known_models import ALIASES
from vitxplain.models.loading import from_saved_folder
from vitxplain.models.loading.hub import look_up
from vitxplain.models.loading.plugin_failure import load_adapter
from vitxplain.models.loading.source import model_folder
from vitxplain.models.objects.holders import inner_model
from vitxplain.models.vision_model import VisionModel

LIBRARIES: Final = ("transformers", "vitxplain")


def stated_classes(source: Any) -> tuple[Sequence[str], str | None]:
    """Names of the classes, and the type of the configuration; neither of what is no model of transformers.

    What cannot be read states nothing: opening it says why.
    """
    if isinstance(source, VisionModel):
        source = source.module
    inner = inner_model(source)
    if inner is not None:
        return _of_module(inner.module)
    try:
        return _of_file(source)
    except Exception:  # of the disk, the Hub, or what a file holds
        return (), None


def stated_task(source: Any) -> str | None:
    """What a model of another library is for, by its name or its folder; None where nothing says it."""
    if not isinstance(source, (str, Path)):
        return None
    try:
        folder = model_folder(source)
        if folder is not None:
            return from_saved_folder.task_of(folder)
        prefix, colon, name = str(source).partition(":")
        return load_adapter(prefix).task_of(name) if colon and prefix in registry.names("adapters") else None
    except Exception:  # of a plugin, or what a file holds; opening it says why
        return None


def _of_module(module: nn.Module) -> tuple[Sequence[str], str | None]:
    names = [base.__name__ for base in type(module).__mro__ if base.__module__.partition(".")[0] in LIBRARIES]
    return names, getattr(getattr(module, "config", None), "model_type", None)


def _of_file(source: "str | Path") -> tuple[Sequence[str], str | None]:
    folder = model_folder(source)
    if folder is None and ":" in str(source):
        return (), None
    file = (
        folder / "config.json"
        if folder
        else look_up(ALIASES[str(source)].source if source in ALIASES else str(source)).file
    )
    if not is_file(file):
        return (), None
    config = read_object(file)
    names, kind = config.get("architectures"), config.get("model_type")
    return [name for name in names or () if isinstance(name, str)], kind if isinstance(kind, str) else None
