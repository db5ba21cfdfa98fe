"""The heat map of values: one number in [0, 1] for every pixel of the original image the model saw."""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from jaxtyping import Float

from vitxplain.errors import UsageError
from vitxplain.explanation.resample import place, without_padding
from vitxplain.geometry import Geometry

Limits: TypeAlias = tuple[float, float]  # the values that become 0 and 1


def heatmap(
    values: Float[np.ndarray, "..."], axes: str, geometry: Geometry, method: str, limits: Limits | None = None
) -> Float[np.ndarray, "height width"]:
    """The values of a method as a heat map in [0, 1] at the original image's pixels, NaN where the model did not look.

    `patch_map` makes one map of the values, `unit_range` scales it, and bilinear interpolation puts it on the image.
    Patches on padding alone count for nothing. `limits` are those of `limits_of`, for maps on one scale.

    Raises:
        UsageError: the values hold no map of the image ("layer head").
    """
    patches, geometry = without_padding(patch_map(values, axes, method), geometry)
    return place(unit_range(patches) if limits is None else within(patches, limits), geometry)


def limits_of(values: Float[np.ndarray, "..."], axes: str, geometry: Geometry, method: str) -> Limits:
    """The values that its heat map shows as 0 and 1; those of several maps are the `widest` of them.

    Raises:
        UsageError: as `heatmap`.
    """
    patches, _ = without_padding(patch_map(values, axes, method), geometry)
    finite = patches[np.isfinite(patches)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return max(low, 0.0), max(high, 0.0)


def widest(limits: Iterable[Limits]) -> Limits:
    """Those of one scale for several maps: the lowest and the highest."""
    lows, highs = zip(*limits, strict=True)
    return min(lows), max(highs)


def within(values: Float[np.ndarray, "row column"], limits: Limits) -> Float[np.ndarray, "row column"]:
    """Values scaled so that the limits are 0 and 1, what is beyond them cut; what is not finite stays as it is."""
    low, high = limits
    if high <= low:
        return np.where(np.isfinite(values), 0, values)
    return ((values - low) / (high - low)).clip(0, 1).astype(np.float32)


def patch_map(values: Float[np.ndarray, "..."], axes: str, method: str) -> Float[np.ndarray, "row column"]:
    """One (row, column) map from values of any axes, unscaled.

    "row column"                      as it is
    "row column row2 column2"         the map of the centre patch (row // 2, column // 2)
    "component row column"            the first component
    "layer ...", "head ..."           the last layer, then the mean over heads
    any other axis before "row"       its mean

    Raises:
        UsageError: the axes name no row and column.
    """
    names = axes.split()
    if "row2" in names:
        rows, columns = values.shape[:2]
        return values[rows // 2, columns // 2]
    if not is_of_image(axes):
        raise UsageError(f"{in_words(method, axes)}, which is no map of the image; draw it with .plot().")
    if names[0] == "component":
        return values[0]
    if "layer" in names:
        values = values.take(-1, axis=names.index("layer"))
    return values.reshape(-1, *values.shape[-2:]).mean(0)


def is_of_image(axes: str) -> bool:
    """Whether values of these axes hold a map of the image, which `heatmap` shows."""
    names = axes.split()
    return "row2" in names or names[-2:] == ["row", "column"]


def which_map(values: Float[np.ndarray, "..."], axes: str) -> str:
    """In words which map `patch_map` makes of them; empty where there is just one."""
    names = axes.split()
    if "row2" in names:
        rows, columns = values.shape[:2]
        return f"map of the patch {rows // 2},{columns // 2}"
    sizes = dict(zip(names[:-2], values.shape, strict=False)) if names[-2:] == ["row", "column"] else {}
    if "component" in sizes:
        return f"first of {sizes['component']} components"
    parts = [f"last of {size} layers" if name == "layer" else f"mean of {size} {name}s" for name, size in sizes.items()]
    return ", ".join(part for part, size in zip(parts, sizes.values(), strict=True) if size > 1)


def is_all_against(values: Float[np.ndarray, "..."], axes: str, method: str) -> bool:
    """Whether the map has values below 0 and none above it, so that its heat map is zeros."""
    if axes.split()[-2:] != ["row", "column"] or "component" in axes.split():  # which speak for nothing
        return False
    finite = (patches := patch_map(values, axes, method))[np.isfinite(patches)]
    return bool(finite.size and finite.min() < 0 and finite.max() <= 0)


def in_words(method: str, axes: str) -> str:
    """What a method's values are, as the first half of a message."""
    return f"{method} gives one value for each of {axes.replace(' ', ' x ')}"


def unit_range(values: Float[np.ndarray, "row column"]) -> Float[np.ndarray, "row column"]:
    """Values scaled to [0, 1] by their smallest and largest; a constant map becomes zeros.

    Where values are negative the map shows the evidence *for* its target: what is below 0 becomes 0, as in Grad-CAM
    (arXiv 1610.02391, eq. 2), so a map without a value above 0 is zeros: the place that speaks least against the target
    does not speak for it. The signed values stay in `Explanation.values`. What is not finite is left out.
    """
    finite = values[np.isfinite(values)]
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 0.0)
    if low < 0:
        low, values = values.dtype.type(0), values.clip(0)
    if high <= low:
        return np.where(np.isfinite(values), 0, values)
    return (values - low) / (high - low)
