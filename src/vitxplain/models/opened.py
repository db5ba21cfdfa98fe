"""Models that were opened before: what was found about a module is kept with it, and the last ones given by name stay.

A module's is kept weakly, and forgotten when its structure or its classes change. Of models that were given by name the
last few stay open while their weights take little memory; of a folder as long as its files are the same.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, Final, TypeAlias
from weakref import WeakKeyDictionary

from torch import Tensor, nn

from vitxplain.data.read_image import as_pixel_values
from vitxplain.errors import ModelLoadError
from vitxplain.models.loading.devices import current
from vitxplain.models.loading.load import load_model
from vitxplain.models.loading.source import model_folder
from vitxplain.models.objects.holders import ModelHolder
from vitxplain.models.objects.libraries import is_transformers_model
from vitxplain.models.objects.wrappers import unwrap
from vitxplain.models.processors.batches import OneImage
from vitxplain.models.structure import structure
from vitxplain.models.vision_model import VisionModel

ModelLike: TypeAlias = str | PathLike[str] | nn.Module | ModelHolder | VisionModel

LAST: Final = 2  # models given by name
BYTES: Final = 2**30  # of all their weights


@dataclass(frozen=True)
class _Kept:
    """A model, that of a module without it: by the mark is told whether it still is what it was."""

    mark: Hashable
    model: VisionModel


_of_modules: WeakKeyDictionary[nn.Module, dict[Hashable, _Kept]] = WeakKeyDictionary()
_of_names: OrderedDict[Hashable, _Kept] = OrderedDict()


def model_for(
    model: ModelLike, pictures: Sequence[OneImage] = (), *, output: str | int = "auto", activation: str = "auto"
) -> VisionModel:
    """The model; where ready pixel_values alone are given, nothing needs to say how images become its input."""
    stated: Any = {"output": output, "activation": activation}
    source = Path(model) if isinstance(model, PathLike) else model
    tensors = [picture for picture in pictures if isinstance(picture, Tensor)]
    if not tensors or len(tensors) < len(pictures) or isinstance(source, (str, Path)):
        return opened(source, **stated)
    channels, height, width = as_pixel_values(tensors[0]).shape[-3:]
    ready: Any = {"mean": [0.0] * channels, "std": [1.0] * channels, "size": (height, width)}
    if isinstance(source, nn.Module) and not is_transformers_model(unwrap(source)):
        return opened(source, **ready, **stated)
    if isinstance(source, nn.Module) and (before := opened_before(source, **ready, **stated)) is not None:
        return before
    try:
        return opened(source, **stated)
    except ModelLoadError:  # perhaps for want of a processor alone
        return opened(source, **ready, **stated)


def opened(source: Any, **options: Any) -> VisionModel:
    """`load_model` of a module or a name, done once; of what else holds a model it is done again.

    Raises:
        ModelLoadError, UsageError: as `load_model`.
    """
    if isinstance(source, nn.Module):
        return opened_before(source, **options) or _of_module(source, options)
    return _of_name(str(source), options) if isinstance(source, (str, Path)) else load_model(source, **options)


def opened_before(module: nn.Module, **options: Any) -> VisionModel | None:
    """The model of a module that was `opened` with these options and has not changed since."""
    kept = _of_modules.get(module, {}).get(_key(options))
    return current(replace(kept.model, module=module)) if kept is not None and kept.mark == _mark(module) else None


def _of_module(module: nn.Module, options: dict[str, Any]) -> VisionModel:
    mark = _mark(module)
    model = load_model(module, **options)
    if model.module is module:  # and no wrapper, whose inside may be exchanged
        # The placeholder: a value that held its own key would keep it for ever.
        _of_modules.setdefault(module, {})[_key(options)] = _Kept(mark, replace(model, module=nn.Identity()))
    return model


def _of_name(name: str, options: dict[str, Any]) -> VisionModel:
    key, mark = _key(options), _files(name)
    kept = _of_names.pop((name, key), None)
    if kept is None or kept.mark != mark:
        kept = _Kept(mark, load_model(name, **options))
    _of_names[name, key] = kept
    while _of_names and (len(_of_names) > LAST or sum(_bytes(one.model.module) for one in _of_names.values()) > BYTES):
        _of_names.popitem(last=False)
    return kept.model


def _files(name: str) -> Hashable:
    """Of the folder a name stands for: which files lie there, how large, and when they were written."""
    folder = model_folder(name)
    stats = sorted((path.name, path.stat()) for path in folder.iterdir()) if folder else []
    return tuple((file, stat.st_size, stat.st_mtime_ns) for file, stat in stats)


def _mark(module: nn.Module) -> Hashable:
    """Its structure and the names of its classes, where its configuration has them."""
    config: Any = module.config if is_transformers_model(module) else None  # a config of others may be anything
    names = getattr(config, "id2label", None)
    return structure(module), tuple(names.items()) if isinstance(names, dict) else None


def _bytes(module: nn.Module) -> int:
    return sum(weight.numel() * weight.element_size() for weight in module.parameters())


def _key(options: dict[str, Any]) -> Hashable:
    return tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in sorted(options.items()))
