"""Baselines: what stands where pixels are taken away. Rankings of methods depend on it, so it is always named."""

from typing import Literal, TypeAlias, get_args

import numpy as np
from PIL import Image, ImageFilter

from vitxplain.options.checks import check_choice

Baseline: TypeAlias = Literal["zero", "mean", "blur"]

_BLUR = 1 / 10  # standard deviation, of the shorter side


def baseline_of(image: Image.Image, baseline: Baseline) -> Image.Image:
    """An RGB image of the same size with nothing left to see.

    zero  black
    mean  the image's mean colour
    blur  the image under a Gaussian whose standard deviation is a tenth of the shorter side
    """
    image = image.convert("RGB")
    if baseline == "blur":
        return image.filter(ImageFilter.GaussianBlur(_BLUR * min(image.size)))
    colour = np.asarray(image).mean((0, 1)).round() if baseline == "mean" else np.zeros(3)
    return Image.new("RGB", image.size, tuple(int(level) for level in colour))


def check_baseline(value: object) -> None:
    """Raises OptionError unless the value names a baseline."""
    check_choice("baseline", value, get_args(Baseline))
