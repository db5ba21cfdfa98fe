"""Names the plugin whose code raised, and checks what a method returned."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from vitxplain import registry
from vitxplain.errors import PluginError, VitxplainError
from vitxplain.explainers.base import Explainer


@contextmanager
def plugin_errors(explainer: Explainer) -> Iterator[None]:
    """Around each call of a method's own code.

    Raises:
        PluginError: it fails and another package registered it. What our own methods and the caller's own classes
            raise goes on as it is, and so does everything that already says what is wrong.
    """
    try:
        yield
    except (VitxplainError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        if package := _package(type(explainer)):
            name = registry.name_of("explainers", type(explainer))
            cause = f"{type(error).__name__}: {str(error).strip().rstrip('.') or 'no message'}"
            raise PluginError(
                f"the method {name!r} of {package} failed: {cause}. This is that package's fault, not that of the "
                "image or the model: report it to its authors, with the traceback that --debug shows."
            ) from error
        raise


def checked(explainer: Explainer, result: object, images: int) -> Tensor:
    """What a method gave, fp32 and without a graph, if it is what its `axes` promise for so many images."""
    with plugin_errors(explainer):
        if not isinstance(result, Tensor):
            raise TypeError(f"it gave a {type(result).__name__}, not a tensor")
        if result.ndim != len(explainer.axes.split()) or result.shape[0] != images:
            shape = tuple(result.shape)
            raise ValueError(
                f"it gave the shape {shape} for {images} image{'s' * (images > 1)}, not {explainer.axes!r}"
            )
        return result.detach().float()


def _package(method: type[Explainer]) -> str | None:
    """The package that registered a method; None for ours and for what nobody registered."""
    own = method.__module__.partition(".")[0]
    points = registry.offered("explainers").get(registry.name_of("explainers", method), ())
    foreign = [point for point in points if point.module.partition(".")[0] == own != "vitxplain"]
    return registry.package(foreign[0]) if foreign else None
