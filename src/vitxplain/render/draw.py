"""From axes to a picture: one style, one file of `render/styles` with a function `draw`."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any

import vitxplain.render.backend  # noqa: F401 - before matplotlib
from vitxplain.errors import OptionError, UnknownNameError, UsageError
from vitxplain.explanation.image_mark import image_mark
from vitxplain.explanation.look import PLAIN, Look
from vitxplain.other_libraries.hints import option_hint
from vitxplain.suggest import did_you_mean, similar_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.Image import Image

    from vitxplain.explanation.explanation import Explanation


STYLES = {
    "overlay": "the photograph, and the heat map over it",
    "additive": "the photograph, and the heat map added to it as light",
    "brightness": "the photograph, and the photograph lit by the heat map",
    "signed": "the photograph, and the signed values over it: evidence for in red, against in blue",
    "strip": "image, true mask or best classes, heat map, blend and thresholded map in a row",
    "heads": "the map of every layer and head",
    "head-masks": "for each head the fewest patches that hold a share of its attention",
    "head-distance": "one dot a head over its layer",
    "position-similarity": "for each patch the map of how alike the other positions are",
    "components": "the first three components of features as red, green and blue",
    "sampling-points": "one dot for each place that deformable attention reads for an object",
    "patches": "the image cut into the model's patches",
}
CUT = ("overlay", "additive", "brightness", "signed", "strip")  # whose scale may end at a percentile
# Styles of values that one method gives, which `auto` therefore stands for beside them.
METHODS = {
    "heads": "raw-attention",
    "head-masks": "raw-attention",
    "head-distance": "head-distance",
    "position-similarity": "position-similarity",
    "components": "patch-pca",
    "sampling-points": "sampling-points",
}


def plot(
    explanation: "Explanation",
    style: str = "auto",
    *,
    ax: "Axes | None" = None,
    look: Look = PLAIN,
    **options: Any,
) -> "Figure":
    """The explanation as a figure in one of `STYLES`; "auto" takes the one that fits its axes and values.

    `options` are those of the style: the arguments of `draw` in `vitxplain.render.styles.STYLE`. With `ax` the picture
    alone is drawn there, and the figure it belongs to returned.

    Raises:
        UnknownNameError: no such style or colour map.
        OptionError: the style has no such option or no colour map, or the option cannot take the value.
        UsageError: the style does not fit the axes, or cannot be drawn on axes of another figure.
    """
    check_style(style)
    if style == "auto":
        style = _shows_masks(explanation) or _shows_signs(explanation) or fitting_style(explanation.axes)
    module = _module(style)
    if look.cmap is not None:
        check_colours(look.cmap, style)
        options = {**options, "cmap": look.cmap}
    if look.percentile is not None:
        if style not in CUT:
            raise OptionError(f"the picture style {style} has no percentile; those that have are {', '.join(CUT)}.")
        look.check()
        from vitxplain.explanation.clipping import clipped  # with numpy, which the names of styles do without

        explanation = clipped(explanation, look.percentile)
    _check_options(style, _options(style), options)
    if ax is not None:
        return _on_axes(ax, explanation, style, module, look, options)
    figure = module.draw(explanation, **options)
    if look.width is None and look.title is None:
        return figure
    from vitxplain.render.paper.width import arrange

    return arrange(figure, look.width, look.title)


def overlay(explanation: "Explanation", **options: Any) -> "Image":
    """The heat map over the photograph as an image of its size; `options` are `alpha` and `cmap`, errors as `plot`."""
    _check_options("overlay", ["alpha", "cmap"], options)
    if "cmap" in options:
        check_colours(options["cmap"])
    image: Image = _module("overlay").overlay(explanation, **options)
    return image


def _check_options(style: str, names: Sequence[str], options: Mapping[str, Any]) -> None:
    unknown = sorted(options.keys() - set(names))
    if unknown:
        offer = f"its options are {', '.join(names)}" if names else "it has none"
        hint = f"{unknown[0]}: {hint}" if (hint := option_hint(unknown[0])) else f"{offer}."
        raise OptionError(f"the picture style {style} has no option {unknown[0]!r}; {hint}")


def picture_bytes(explanation: "Explanation", form: str, style: str = "auto", look: Look = PLAIN) -> bytes:
    """The same picture as a file of this form (`PICTURES`), marked with its image; errors as `plot`.

    The figure of a plain PNG is drawn on again for the next.
    """
    from vitxplain.files.png import with_comment
    from vitxplain.render.figure import png_bytes
    from vitxplain.render.pair import reused_sheets
    from vitxplain.render.paper.vector import vector_bytes

    look.check()
    mark = image_mark(explanation.provenance.get("input"))
    if form != "png":
        return vector_bytes(plot(explanation, style, look=look), form, look.dpi, mark)
    if look != PLAIN:
        return with_comment(png_bytes(plot(explanation, style, look=look), look.dpi), mark)
    with reused_sheets():
        return with_comment(png_bytes(plot(explanation, style)), mark)


def check_colours(name: str, style: str = "auto") -> None:
    """Raises:
    UnknownNameError: matplotlib has no colour map of this name.
    OptionError: the style has colours of its own.
    """
    import matplotlib

    if not isinstance(name, str) or name not in matplotlib.colormaps:
        hint = did_you_mean(similar_names(str(name), list(matplotlib.colormaps)), "such as viridis, inferno or gray.")
        raise UnknownNameError(f"there is no colour map {name!r}; {hint}")
    if style != "auto" and "cmap" not in _options(style):
        having = ", ".join(other for other in STYLES if "cmap" in _options(other))
        raise OptionError(
            f"the picture style {style} has no option 'cmap': its colours are its own; those with a colour map are "
            f"{having}."
        )


def _on_axes(
    ax: "Axes", explanation: "Explanation", style: str, module: Any, look: Look, options: dict[str, Any]
) -> "Figure":
    if not hasattr(module, "draw_on"):
        raise UsageError(
            f"the picture style {style} is several pictures in a figure of its own; on axes of yours overlay, "
            "additive, brightness, signed and heads can be drawn."
        )
    if look.width is not None:
        raise OptionError("width is that of a figure of our own, and ax is one of yours, which has its width already.")
    module.draw_on(ax, explanation, **options)
    if look.title is not None:
        ax.set_title(look.title)
    figure: Any = ax.get_figure(root=True)
    return figure


def _module(style: str) -> Any:
    return import_module(f"vitxplain.render.styles.{style.replace('-', '_')}")


def _options(style: str) -> list[str]:
    return [name for name in signature(_module(style).draw).parameters if name != "explanation"]


def check_style(style: str) -> None:
    """Raise UnknownNameError, with the nearest names, unless there is this style."""
    if style != "auto" and style not in STYLES:
        hint = did_you_mean(similar_names(style, STYLES, most=2, cutoff=0.5), f"there are auto, {', '.join(STYLES)}.")
        raise UnknownNameError(f"there is no picture style {style!r}; {hint}")


def _shows_masks(explanation: "Explanation") -> str | None:
    """The style for heads of one layer that were cut down to a share of their attention; None for all else."""
    is_cut = explanation.options.get("mass") is not None and explanation.axes == "layer head row column"
    return "head-masks" if is_cut and len(explanation.values) == 1 else None


def _shows_signs(explanation: "Explanation") -> str | None:
    """The style for values on both sides of 0 that speak for no target, as cosines do; None for all else.

    Of what speaks for a target a heat map shows what is above 0.
    """
    apart = explanation.target is None and explanation.axes == "row column"
    return "signed" if apart and bool((explanation.values < 0).any()) else None


def fitting_style(axes: str) -> str:
    """The style for values of these axes.

    Raises:
        UsageError: the axes are none that a picture was made for.
    """
    match axes.split():
        case ["layer", "head"]:
            return "head-distance"
        case ["layer", "head", "point", "quantity"]:
            return "sampling-points"
        case ["row", "column", "row2", "column2"]:
            return "position-similarity"
        case ["layer", "head", "row", "column"] | ["layer", "row", "column"] | ["head", "row", "column"]:
            return "heads"
        case ["component", "row", "column"]:
            return "components"
        case [*_, "row", "column"]:
            return "overlay"
    raise UsageError(
        f"there is no picture for the axes {axes!r}; maps end in 'row column'. The numbers are in .values."
    )
