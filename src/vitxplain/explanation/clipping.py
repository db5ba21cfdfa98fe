"""Maps whose outliers are cut for a picture: a few pixels would else take all of its scale."""

from dataclasses import replace
from typing import Final

import numpy as np

from vitxplain.errors import UsageError
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.heatmap import is_of_image

PERCENTILE: Final = "percentile"  # in the provenance of what is drawn: where its values were cut


def clipped(explanation: Explanation, percentile: float | None) -> Explanation:
    """The same with values cut at this percentile of their sizes, on both sides of 0, for drawing; None cuts nothing.

    Raises:
        UsageError: the values hold no map of the image.
    """
    if percentile is None:
        return explanation
    if not is_of_image(explanation.axes):
        raise UsageError(
            f"percentile cuts the scale of a map, and the values of {explanation.method} are {explanation.axes!r}; "
            "leave it out."
        )
    sizes = np.abs(explanation.values[np.isfinite(explanation.values)])
    most = float(np.percentile(sizes, percentile)) if sizes.size else 0.0
    values = explanation.values.clip(-most, most).astype(np.float32)
    return replace(explanation, values=values, provenance={**explanation.provenance, PERCENTILE: percentile})


def scale_words(explanation: Explanation, otherwise: str) -> str:
    """What 1 of a colour bar means: the percentile at which values were cut, or else what it means without."""
    percentile = explanation.provenance.get(PERCENTILE)
    return otherwise if percentile is None else f"heat (1 = percentile {percentile:g}, above it alike)"
