"""Names the plugin whose code raised, and checks what a method returned."""

from contextlib import AbstractContextManager

import torch
from torch import Tensor

from vitxplain import registry
from vitxplain.explainers.base import Explainer

ADVICE = (
    "This is that package's fault, not that of the image or the model: report it to its authors, with the traceback "
    "that --debug shows."
)


def plugin_errors(method: Explainer | type[Explainer]) -> AbstractContextManager[None]:
    """Around each call of a method's own code, and around making one; raises as `registry.foreign_errors`."""
    method_class = method if isinstance(method, type) else type(method)
    return registry.foreign_errors("explainers", method_class, ADVICE)


def checked(explainer: Explainer, result: object, images: int) -> Tensor:
    """What a method gave, fp32 and without a graph, if it is what its `axes` promise for so many images.

    Methods of other packages must give numbers as well; where numbers of ours overflow, the model's do.
    """
    with plugin_errors(explainer):
        if not isinstance(result, Tensor):
            raise TypeError(f"it gave a {type(result).__name__}, not a tensor")
        if result.is_complex() or result.is_meta or result.layout is not torch.strided:
            raise TypeError(f"it gave a tensor of {result.dtype} ({result.layout}, on {result.device}), not of values")
        if result.ndim != len(explainer.axes.split()) or result.shape[0] != images or 0 in result.shape:
            shape = tuple(result.shape)
            raise ValueError(
                f"it gave the shape {shape} for {images} image{'s' * (images > 1)}, not {explainer.axes!r}"
            )
        values = result.detach().float()
        if registry.foreign_package("explainers", type(explainer)) and not values.isfinite().all():
            raise ValueError("it gave values that are no numbers (NaN or infinity)")
        return values
