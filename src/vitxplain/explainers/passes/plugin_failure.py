"""Names the plugin whose code raised, and checks what a method returned."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import pairwise
from traceback import walk_tb
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from vitxplain import registry
from vitxplain.capture.layout import Patches
from vitxplain.explainers.base import AttentionExplainer, DecoderExplainer, Explainer, LayerExplainer
from vitxplain.models.offers import GRADIENTS, LINEAR_HEAD, PATCH_FEATURES

if TYPE_CHECKING:
    from vitxplain.capture.layer_tap import LayerActivation
    from vitxplain.models.probing.probe import Probe

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


class ResultError(ValueError):
    """A method gave what its `axes` do not promise; `shape` is that of a tensor."""

    def __init__(self, message: str, shape: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.shape = shape


class NotFiniteError(ResultError):
    """The shape is right, the values are no numbers."""


def plugin_errors(method: Explainer | type[Explainer]) -> AbstractContextManager[None]:
    """Around each call of a method's own code, and around making one; raises as `registry.foreign_errors`."""
    method_class = method if isinstance(method, type) else type(method)
    return registry.foreign_errors("explainers", method_class, ADVICE)


def checked(explainer: Explainer, result: object, images: int, probe: "Probe | None" = None) -> Tensor:
    """What a method gave, fp32 and without a graph, if it is what its `axes` promise for so many images.

    With a `probe` maps of attention lie on a grid of the model's attention, or on the pixels of its input. Methods of
    other packages must give numbers as well; where numbers of ours overflow, the model's do.
    """
    with plugin_errors(explainer):
        if not isinstance(result, Tensor):
            raise ResultError(f"it gave a {type(result).__name__}, not a tensor")
        if result.is_complex() or result.is_meta or result.layout is not torch.strided:
            kind = f"{result.dtype} ({result.layout}, on {result.device})"
            raise ResultError(f"it gave a tensor of {kind}, not of values")
        shape = tuple(result.shape)
        if len(shape) != len(explainer.axes.split()) or shape[0] != images or 0 in shape:
            raise ResultError(f"it gave the shape {shape} for {_images(images)}, not {explainer.axes!r}", shape)
        if probe is not None and isinstance(explainer, (AttentionExplainer, DecoderExplainer)):
            source = "the attention; record.grid.to_map lays tokens out"
            _check_places(explainer, shape, dict.fromkeys(_attention_grids(probe)), probe.input_size, source)
        values = result.detach().float()
        if registry.foreign_package("explainers", type(explainer)) and not values.isfinite().all():
            raise NotFiniteError("it gave values that are no numbers (NaN or infinity)", shape)
        return values


def attributed(explainer: LayerExplainer, activation: "LayerActivation", input_size: tuple[int, int]) -> Tensor:
    """What a method makes of its layer; where it fails on what `needs` does not ask for, the error says so.

    Raises:
        ValueError: its own code took for a tensor what is None in this pass, or its map lies neither on the layer's
            grid nor on the pixels of the input; a plugin's as a PluginError.
    """
    with plugin_errors(explainer):
        try:
            result = explainer.attribute(activation)
        except (TypeError, AttributeError) as error:
            read = _names_read(error)
            missing = [name for name in _ASKED_BY if name in read and getattr(activation, name) is None]
            words = [word for word in dict.fromkeys(_ASKED_BY[name] for name in missing) if word not in explainer.needs]
            if "NoneType" not in str(error) or not words:
                raise
            fields = " and ".join(f"activation.{name}" for name in missing if _ASKED_BY[name] in words)
            asking = " and ".join(f'"{word}"' for word in words)
            raise ValueError(f"{error}; without {asking} in `needs`, {fields} is None: add {asking}") from error
        if isinstance(result, Tensor):
            sizes = [(one.values.shape[-2], one.values.shape[-1]) for one in (activation, *activation.parts)]
            source = f"the layer; activation.values is (batch, channel, row, column), {tuple(activation.values.shape)}"
            _check_places(explainer, tuple(result.shape), dict.fromkeys(sizes), input_size, source)
        return result


def expected_shape(axes: str, images: int, rows: int, columns: int) -> str:
    """The shape that these axes have on a grid; an axis of any size by its name."""
    sizes = {"batch": images, "row": rows, "column": columns, "row2": rows, "column2": columns}
    return f"({', '.join(str(sizes.get(axis, axis)) for axis in axes.split())})"


def _images(count: int) -> str:
    return f"{count} image{'s' * (count > 1)}"


def _check_places(
    explainer: Explainer, shape: tuple[int, ...], grids: Iterable[tuple[int, int]], pixels: tuple[int, int], source: str
) -> None:
    """Raises ResultError where axes that are places of the image are on none of the grids, and not pixels either."""
    axes, sizes = explainer.axes.split(), list(grids)
    if not sizes or len(shape) != len(axes):
        return
    for index, pair in enumerate(pairwise(axes)):
        if pair in (("row", "column"), ("row2", "column2")) and shape[index : index + 2] not in (*sizes, pixels):
            expected = " or ".join(expected_shape(explainer.axes, shape[0], *grid) for grid in sizes)
            places = f"{explainer.axes!r} on the grid of {source}"
            raise ResultError(
                f"it gave the shape {shape} for {_images(shape[0])}; expected {expected}, {places}", shape
            )


def _attention_grids(probe: "Probe") -> Iterator[tuple[int, int]]:
    """(rows, columns) of all that asks or is asked in the model's attention."""
    if probe.grid is not None:
        yield probe.grid.rows, probe.grid.columns
    for layout in probe.layouts:
        for grid in (layout.grid, layout.asking):
            if grid is not None:
                yield grid.rows, grid.columns
        for tokens in (layout.query_tokens, layout.key_tokens):
            if isinstance(tokens, Patches):
                yield from tokens.levels


def _names_read(error: Exception) -> set[str]:
    """The attributes that stand in the functions which an error went through, ours left out."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    others = [one for one in frames if one.f_globals.get("__name__", "").partition(".")[0] != registry.PACKAGE]
    return {name for frame in others for name in frame.f_code.co_names}
