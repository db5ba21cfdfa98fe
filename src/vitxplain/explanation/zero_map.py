"""A map that is zero everywhere: that it is so, and why, where that is known."""

import numpy as np
from jaxtyping import Float


def zero_note(values: Float[np.ndarray, "..."], layer: str | None, default: str | None) -> str:
    """A sentence for values that are all zero; else an empty text.

    `layer` was named for a method that multiplies by the gradient there, `default` is the one it takes by itself.
    """
    if values.any():
        return ""
    if layer is None or default is None or layer == default:
        return "the map is zero everywhere, so it names no place."
    return (
        f"the map is zero everywhere: no gradient reaches the patches of layer {layer!r}, so what they hold does not "
        f"count for the target; without a layer named it is {default!r}, whose patches do."
    )
