"""Occlusion (Zeiler & Fergus 2014, arXiv 1311.2901), by captum."""

from dataclasses import dataclass
from typing import ClassVar

import captum.attr
import torch

from vitxplain.plugins import (
    Explainer,
    OptionError,
    PatchMap,
    PixelValues,
    Scores,
    TargetLike,
    VisionModel,
    undisturbed,
)


@dataclass(frozen=True)
class Occlusion(Explainer):
    """How far the class's logit falls when a sliding window hides a place (Zeiler & Fergus 2014, arXiv 1311.2901).

    Args:
        window: height and width of the window in model-input pixels; None takes a seventh of the input.
        stride: how far it slides, down and right; None takes half the window.
        windows_per_pass: positions that run through the model together.

    Hidden pixels are 0 in pixel_values, the mean colour of the normalisation. A value is the mean fall over all windows
    that hide the pixel, in units of the raw logit; negative where hiding helps the class.
    """

    window: tuple[int, int] | None = None
    stride: tuple[int, int] | None = None
    windows_per_pass: int = 8

    axes: ClassVar[str] = "batch row column"
    class_specific: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.windows_per_pass < 1:
            raise OptionError("windows_per_pass takes a whole number of at least 1.")
        for name, pair in (("window", self.window), ("stride", self.stride)):
            if pair is not None and (len(pair) != 2 or min(pair) < 1):
                raise OptionError(f"{name} is {pair!r}; it takes height and width in pixels, such as 32,32.")

    def explain(self, model: VisionModel, pixel_values: PixelValues, target: TargetLike = None) -> PatchMap:
        """One map an image, of the size of the model input.

        Raises:
            OptionError: the window is larger than the input, or the stride leaves pixels out.
        """
        channels, height, width = pixel_values.shape[1:]
        window = self.window or (max(height // 7, 1), max(width // 7, 1))
        stride = self.stride or (max(window[0] // 2, 1), max(window[1] // 2, 1))
        if window[0] > height or window[1] > width:
            raise OptionError(f"window {window} is larger than the model input, {height} x {width} pixels.")
        if stride[0] > window[0] or stride[1] > window[1]:
            raise OptionError(f"stride {stride} is larger than window {window}: some pixels would never be hidden.")
        with undisturbed(model.module), torch.no_grad():
            pixel_values = pixel_values.to(model.device, model.dtype)
            target = model.task.target(target, model.labels).fixed(model.outputs(pixel_values))
            positions = range(len(pixel_values))

            def score(pixels: PixelValues) -> Scores:
                """Captum runs so many windows of the whole batch at once, window by window."""
                of_rows = target.select([*positions] * (len(pixels) // len(positions)))
                return of_rows.score(model.outputs(pixels)).float()

            values = captum.attr.Occlusion(score).attribute(
                pixel_values,
                sliding_window_shapes=(channels, *window),
                strides=(channels, *stride),
                baselines=0,
                perturbations_per_eval=self.windows_per_pass,
            )
        return values[:, 0].float()  # the window spans all channels, which therefore agree
