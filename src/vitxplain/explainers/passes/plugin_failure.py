"""Names the plugin whose code raised, and checks what a method returned."""

from contextlib import AbstractContextManager
from traceback import walk_tb
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from vitxplain import registry
from vitxplain.explainers.base import Explainer, LayerExplainer
from vitxplain.models.offers import GRADIENTS, LINEAR_HEAD, PATCH_FEATURES

if TYPE_CHECKING:
    from vitxplain.capture.layer_tap import LayerActivation

ADVICE = (
    "This is that package's fault, not that of the image or the model: report it to its authors, with the traceback "
    "that --debug shows."
)

# What of a layer is None in a pass that nobody asked for it, and the word that asks.
_ASKED_BY: Final = {
    "gradient": GRADIENTS,
    "head_weights": LINEAR_HEAD,
    "tokens": PATCH_FEATURES,
    "grid": PATCH_FEATURES,
}


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


def attributed(explainer: LayerExplainer, activation: "LayerActivation") -> Tensor:
    """What a method makes of its layer; where it fails on what `needs` does not ask for, the error says so.

    Raises:
        ValueError: its own code took for a tensor what is None in this pass; a plugin's as a PluginError.
    """
    with plugin_errors(explainer):
        try:
            return explainer.attribute(activation)
        except (TypeError, AttributeError) as error:
            read = _names_read(error)
            missing = [name for name in _ASKED_BY if name in read and getattr(activation, name) is None]
            words = [word for word in dict.fromkeys(_ASKED_BY[name] for name in missing) if word not in explainer.needs]
            if "NoneType" not in str(error) or not words:
                raise
            fields = " and ".join(f"activation.{name}" for name in missing if _ASKED_BY[name] in words)
            asking = " and ".join(f'"{word}"' for word in words)
            raise ValueError(f"{error}; without {asking} in `needs`, {fields} is None: add {asking}") from error


def _names_read(error: Exception) -> set[str]:
    """The attributes that stand in the functions which an error went through, ours left out."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    others = [one for one in frames if one.f_globals.get("__name__", "").partition(".")[0] != registry.PACKAGE]
    return {name for frame in others for name in frame.f_code.co_names}
