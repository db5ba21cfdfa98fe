"""The contract of adapters: how one library's models become a VisionModel.

    class MyLibrary(Adapter):
        def load(self, name, request):
            return self.wrap(mylib.create(name), request)

        def claims(self, module):
            return isinstance(module, mylib.Network)

        def wrap(self, module, request):
            processor = statistics(mylib.MEAN, mylib.STD, request.image_size or (224, 224))
            return VisionModel(module, f"mylib:{module.name}", processor, labels={})

    [project.entry-points."vitxplain.adapters"]
    mylib = "my_package:MyLibrary"

makes `vitx explain cat.jpg --model mylib:resnet` work, and `load_model(module)` for the library's modules in memory
(those are what `claims` and `wrap` are for; both may be left out). Name the entry point as the library is imported:
then no other adapter is asked about its modules. Device, number format, stated grid and the checks are added here.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from vitxplain.errors import ModelLoadError, UnknownNameError
from vitxplain.options.extras import check_installed
from vitxplain.suggest import did_you_mean, similar_names

if TYPE_CHECKING:
    from vitxplain.models.vision_model import VisionModel


@dataclass(frozen=True)
class LoadRequest:
    """The arguments of `load_model` beside the source; None means: as the model has it.

    An adapter sees to `revision`, `image_size` and `processor` where it can; the rest is applied after it.
    """

    revision: str | None = None
    image_size: tuple[int, int] | None = None  # (height, width)
    processor: Any = None
    mean: float | Sequence[float] | None = None
    std: float | Sequence[float] | None = None
    dtype: torch.dtype | None = None
    device: torch.device | None = None  # None: the weights do not fit one device and are spread
    device_map: dict[str, Any] | None = None
    trust_remote_code: bool = False
    allow_pickle: bool = False
    new_head: bool = False  # the classifier will be replaced, so the weights need not bring one
    task: str | None = None  # what the model is wanted for; where its weights are another's, they lack a head for it


class Adapter(ABC):
    """One library of models."""

    @abstractmethod
    def load(self, name: str, request: LoadRequest) -> "VisionModel":
        """The trained model of this name, on the CPU, in evaluation mode.

        Raises:
            ModelLoadError: the library is not installed, or the weights cannot be had.
            UnknownNameError: no such name; `unknown_name` words it.
        """

    def claims(self, module: nn.Module) -> bool:
        """Whether a module in memory is this library's, so that `wrap` makes a VisionModel of it.

        Asked of modules of any library, so it must be cheap and import nothing.
        """
        return False

    def wrap(self, module: nn.Module, request: LoadRequest) -> "VisionModel":
        """The VisionModel of a module in memory that `claims` said yes to; the module is left as it is.

        Raises:
            ModelLoadError: the module is no classifier, or does not say how images become its input.
        """
        raise ModelLoadError(
            f"{type(self).__name__} claims {type(module).__name__} but cannot wrap it; it has no `wrap`."
        )

    def task_of(self, name: str) -> str:
        """What models of this name are for, by transformers' name of the task."""
        return "image-classification"

    def complete(self, model: "VisionModel") -> "VisionModel":
        """The model of a saved folder, of a module that `build` made, with its task where that is no class an image."""
        return model

    def names(self) -> Sequence[str]:
        """Names `load` knows, for suggestions and listings; empty where the library cannot tell."""
        return ()

    def build(self, architecture: str, num_classes: int, image_size: tuple[int, int] | None = None) -> nn.Module:
        """The module without its weights, which a saved folder (`vitxplain.json`) brings.

        `image_size` (height, width) is given where `load` was asked for one, and serves models that are built for it.
        """
        raise ModelLoadError(f"{type(self).__name__} cannot open saved folders; it has no `build`.")


def import_library(name: str, source: str) -> ModuleType:
    """The library of an adapter, imported here and not before.

    Raises:
        ModelLoadError: not installed, or broken; the message names the extra of vitxplain that brings it.
    """
    check_installed(source, name, error=ModelLoadError)
    try:
        return import_module(name)
    except Exception as error:  # compiled parts that do not fit torch fail in many ways
        raise ModelLoadError(
            f"{source} needs {name}, which is installed but cannot be imported ({error}); reinstall it to fit torch."
        ) from error


def unknown_name(name: str, library: str, names: Sequence[str]) -> UnknownNameError:
    """The error for a name a library does not have, with the nearest ones it has."""
    spelled = {one.casefold(): one for one in names}
    near = [spelled[one] for one in similar_names(name.casefold(), spelled, cutoff=0.5)]
    hint = did_you_mean(near, f"It has {len(names)}, such as {', '.join(names[:3])}.", start="Did")
    return UnknownNameError(f"{library} has no trained classifier called {name!r}. {hint}")
