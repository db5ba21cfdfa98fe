"""Explanation: one method's answer about one image, with everything needed to draw, save and repeat it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from jaxtyping import Bool, Float
from PIL.Image import Image

from vitxplain.data.bands import BandImage, Bands, shown_bands
from vitxplain.errors import UsageError
from vitxplain.explanation.heatmap import heatmap
from vitxplain.explanation.look import Look
from vitxplain.explanation.regions import Threshold, boxes_around, mask_of
from vitxplain.files.paths import user_path
from vitxplain.geometry import Box, Geometry
from vitxplain.grid import TokenGrid
from vitxplain.tasks.base import ExplainedTarget, Prediction
from vitxplain.tasks.detected import Detected

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


ASKING: Final = "asking"  # in the provenance: (left, top, right, bottom) of the patch that asks, in pixels of the image
NEVER_NEGATIVE: Final = "never_negative"  # in the provenance, if so: by the method's definition no value is below 0
NOTES: Final = "notes"  # in the provenance: what is to be known before the map is believed, a sentence each


@dataclass(frozen=True, eq=False)
class Explanation:
    """Values of one method for one image: signed, raw, float32, no batch axis.

    `label` names its files beside the method: the target that was asked for; empty where nobody asked for one.
    `axes` names the axes of `values` ("row column", "layer head row column", "layer head", "row column row2 column2").
    `provenance` holds plain values: `model` (id, revision or sha256, class), `versions`, `seconds`, `input` (where the
    image came from), `bands` (the numbers of those in `image`), `asking` (the box of the patch that asks), and others.
    """

    values: Float[np.ndarray, "..."] = field(repr=False)
    axes: str
    method: str  # canonical name
    options: Mapping[str, Any]
    prediction: Prediction
    target: ExplainedTarget | None  # None where the method is not about one
    grid: TokenGrid | None
    geometry: Geometry
    image: Image = field(repr=False)  # the original, upright, RGB
    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)
    bands: BandImage | None = field(default=None, repr=False)  # what `image` was drawn of, where that was no photograph
    task: str = "image-classification"  # transformers' name of what the model is for
    detections: tuple[Detected, ...] = ()  # by a detector or segmenter: objects best first, segments largest first
    label: str = ""

    def __post_init__(self) -> None:
        if self.values.ndim != len(self.axes.split()):
            raise ValueError(f"values of shape {self.values.shape} cannot have the axes {self.axes!r}")
        if (self.image.height, self.image.width) != self.geometry.image_size:
            raise ValueError(
                f"the image is {self.image.height} x {self.image.width} pixels (height x width), "
                f"its geometry says {self.geometry.image_size}"
            )

    def __repr__(self) -> str:
        from vitxplain.explanation.titles import headline, model_name

        axes = zip(self.axes.split(), self.values.shape, strict=True)
        shape = " × ".join(f"{name} {size}" for name, size in axes)
        about = " ".join(headline(self).split())
        parts = (f"{self.method}: {about}", f"values {shape}", model_name(self))
        return f"<Explanation {'; '.join(part for part in parts if part)}>"

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be known before the map is believed, a sentence each; mostly none."""
        return tuple(self.provenance.get(NOTES, ()))

    @property
    def stem(self) -> str:
        """What its files are named by: the input's own name without its ending, or "image"."""
        return Path(str(self.provenance.get("input") or "")).stem or "image"

    def heatmap(self) -> Float[np.ndarray, "height width"]:
        """The map in [0, 1] at the original image's pixels, NaN where the model did not look."""
        return heatmap(self.values, self.axes, self.geometry, self.method)

    def plot(
        self,
        style: str = "auto",
        *,
        ax: "Axes | None" = None,
        width: float | str | None = None,
        cmap: str | None = None,
        title: str | None = None,
        percentile: float | None = None,
        bands: Bands | None = None,
        **options: Any,
    ) -> "Figure":
        """The picture that fits the axes, or the named style (`vitxplain.render.draw.STYLES`).

        Args:
            style: one of the styles; "auto" is the one that fits.
            ax: axes of your own figure, on which the picture alone is drawn.
            width: of the figure in inches; "column" is 3.25, "page" 6.75. Pictures shrink, letters stay readable.
            cmap: a colour map of matplotlib, in styles that have one.
            title: in place of the large line; "" leaves the lines above the picture away.
            percentile: of the sizes of a map's values, such as 99, at which its scale ends, as its bar says; what is
                beyond looks alike. For maps of pixels, of which a few take all of the scale.
            bands: those of a multi-band image to be shown as red, green and blue, such as (4, 3, 2).
            options: of the style.
        """
        from vitxplain.render.draw import plot

        shown = self if bands is None else self.with_bands(bands)
        return plot(
            shown, style, ax=ax, look=Look(width=width, cmap=cmap, title=title, percentile=percentile), **options
        )

    def with_bands(self, bands: Bands) -> "Explanation":
        """The same, its image drawn of other bands: one in grey, or three as red, green and blue, counted from 1.

        Raises:
            UsageError: the image has no bands, or they were not kept (on disk they are not).
            OptionError: there are no such bands.
        """
        if self.bands is None:
            raise UsageError(
                "the image has no bands to choose from: a photograph, or loaded without them; explain it again."
            )
        numbers = shown_bands(self.bands.count, bands)
        facts = {**self.provenance, "bands": numbers}
        return replace(self, image=self.bands.picture(numbers), provenance=facts)

    def overlay(self, alpha: float = 0.6, **options: Any) -> Image:
        """The heat map over the greyed original image, same size.

        Args:
            alpha: the share of the heat map's colours, 0 to 1.
            options: `cmap`, a colour map of matplotlib.

        Raises:
            OptionError: `alpha` is no share, or there is no such option.
            UnknownNameError: there is no such colour map.
        """
        from vitxplain.render.draw import overlay

        return overlay(self, alpha=alpha, **options)

    def mask(
        self, threshold: Threshold | None = None, *, mass: float | None = None
    ) -> Bool[np.ndarray, "height width"]:
        """Pixels with heat above a number (0.5), "mean" or "otsu"; or the fewest with a share `mass` of all heat."""
        return mask_of(self.heatmap(), threshold, mass)

    def boxes(self, threshold: Threshold | None = None, *, mass: float | None = None) -> list[Box]:
        """(left, top, right, bottom) in pixels around each region of `mask`, the largest region first."""
        return boxes_around(self.mask(threshold, mass=mass))

    def caption(self) -> str:
        """A sentence for below the picture: method, image, target with its probability, model and options.

        Where several layers or heads are shown it says how many, and warnings follow as sentences of their own.
        """
        from vitxplain.explanation.titles import caption

        return caption(self)

    def to_dict(self) -> dict[str, Any]:
        """What the json of `save` says and `vitx explain --json` prints: plain values, without arrays."""
        from vitxplain.explanation.storage import to_json

        return to_json(self)

    def to_xarray(self) -> Any:
        """The values as an xarray.DataArray with named axes, the facts of `to_dict` in `attrs` (extra `xarray`)."""
        from vitxplain.explanation.tables import to_xarray

        return to_xarray(self)

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with one row: target, prediction, and where its heat is.

        Raises:
            UsageError: pandas is not installed.
        """
        from vitxplain.explanation.tables import to_pandas

        return to_pandas([self])

    def save(
        self,
        folder: str | Path,
        stem: str | None = None,
        formats: str | Sequence[str] = "png,npz,json",
        style: str = "auto",
        *,
        width: float | str | None = None,
        dpi: float | None = None,
        cmap: str | None = None,
        title: str | None = None,
        percentile: float | None = None,
    ) -> list[Path]:
        """Write STEM.METHOD.png, .npz and .json into `folder`; each written aside, then renamed.

        `stem` is by default the input's own name, or "image" ("image-0" and so on where there were several); where a
        json or picture of that name is about another image, as of a/cat.jpg and b/cat.jpg, "cat-2" and so on. The rest
        is as in `plot`, and `dpi` that of the png, or of photographs in pdf and svg (by default 300). A style named
        here names the files, too (STEM.METHOD.signed.png). A path with the ending of a format, such as "cat.pdf", and
        no folder yet, is the one file to write.

        Raises:
            OutputError: the folder cannot be written or the disk is full; no half-written file stays.
        """
        from vitxplain.explanation.storage import format_list, is_file_name, save, save_file, stem_in

        path, look = user_path(folder), Look(width, dpi, cmap, title, percentile)
        if stem is None and is_file_name(path):
            return [save_file(self, path, style, look)]
        return save(
            self,
            path,
            stem or stem_in(self, path, style),
            format_list(formats),
            style,
            look=look,
        )

    def inspect(self, model: Any = None, *, height: int = 760, widget: bool | None = None) -> Any:
        """The viewer in a notebook: this map, and what every head of the model attends to in the image.

        Args:
            model: that was explained; None opens it again by its name.
            height: in pixels.
            widget: True for a widget, False for a page in a frame; None takes the widget where it is known to work.

        Raises:
            UsageError: the model has no name that opens it.
            UnsupportedModelError: it has no attention.
        """
        from vitxplain.inspect.live.of_explanation import inspect_explanation

        return inspect_explanation(self, model, height, widget)

    def _repr_html_(self) -> str:
        from vitxplain.render.notebook import to_html

        return to_html(self)
