"""What a source string means, in the order the documentation promises."""

from pathlib import Path

from torch import nn

from vitxplain import registry
from vitxplain.errors import ModelLoadError
from vitxplain.models import demo
from vitxplain.models.adapters import LoadRequest
from vitxplain.models.aliases import ALIASES
from vitxplain.models.vision_model import VisionModel


def resolve(source: "str | Path | nn.Module", request: LoadRequest) -> VisionModel:
    """The model of a source, on the CPU unless its library placed it."""
    from vitxplain.models import from_transformers, saved_folder
    from vitxplain.models.from_module import wrap_module

    if isinstance(source, nn.Module):
        known = hasattr(source, "config") and hasattr(source, "from_pretrained")
        return from_transformers.wrap(source, request) if known else wrap_module(source, request)
    folder = Path(source).expanduser()
    if not folder.is_dir() and source in demo.NAMES:
        folder = demo.demo_folder(str(source))
    if folder.is_dir():
        if (folder / saved_folder.MANIFEST).is_file():
            return saved_folder.load(folder, request)
        return from_transformers.load_from_folder(folder, request)
    name = str(source)
    prefix, colon, rest = name.partition(":")
    if colon and len(prefix) > 1:
        return registry.load("adapters", prefix)().load(rest, request)
    if _looks_like_a_path(source):
        raise ModelLoadError(f"the folder {source} does not exist; check the path (looked up in {Path.cwd()}).")
    if name in ALIASES:
        name = ALIASES[name].source
    return from_transformers.load_from_hub(name, request)


def _looks_like_a_path(source: "str | Path") -> bool:
    text = str(source)
    return isinstance(source, Path) or text.startswith((".", "/", "~")) or "\\" in text or text.count("/") > 1
