"""The colours of every picture: colour-blind-safe, light to dark in equal steps."""

from typing import Final

import matplotlib
import numpy as np
from jaxtyping import Float

HEAT: Final = "inferno"  # over a greyed photograph: black stays photograph, what glows matters
MAPS: Final = "viridis"  # maps that stand alone
SIGNED: Final = "RdBu_r"  # blue against, white neither, red for
LOCAL, GLOBAL, LINE = "#0072B2", "#D55E00", "#555555"  # Okabe & Ito's blue and vermilion
# Classes side by side: Okabe & Ito's, and four of Tol's that lie between them; dark letters are read on each.
CLASSES: Final = (
    *("#E69F00", "#56B4E9", "#2FBF91", "#F0E442", "#FF7F50", "#CC79A7", "#99DDFF", "#BBCC33", "#FFAABB", "#B0A8FF"),
)
# What a colour bar says of heat: of one map, and of several that have a range each.
HEAT_WORDS, EACH_WORDS = "heat (1 = the map's highest)", "heat (1 = each map's highest)"
SHARED_WORDS = "heat (1 = the highest of all)"
INK, FAINT, PAPER = "#1a1a1a", "#666666", "#ffffff"


def colours(values: Float[np.ndarray, "*shape"], name: str) -> Float[np.ndarray, "*shape 3"]:
    """Red, green and blue in [0, 1] of values in [0, 1]; what is not finite is light grey."""
    colour_map = matplotlib.colormaps[name]
    steps = colour_map(np.arange(colour_map.N))[:, :3].astype(np.float32)
    finite = np.isfinite(values)
    rgb = steps[(np.where(finite, values, 0) * colour_map.N).clip(0, colour_map.N - 1).astype(np.intp)]
    rgb[~finite] = 0.85
    return rgb
