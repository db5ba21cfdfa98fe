"""The mass threshold of DINO (Caron et al. 2021): the fewest patches that hold a share of the attention."""

import numpy as np
from numpy.typing import NDArray


def heaviest(attention: NDArray[np.float64], mass: float) -> NDArray[np.float64]:
    """`attention` (row, column) of one image and head; takes the heaviest patch left until the share is reached."""
    result = np.zeros_like(attention)
    left = [(float(value), place) for place, value in np.ndenumerate(attention)]
    total = sum(value for value, _ in left)
    taken = 0.0
    while left and taken < mass * total:
        best = max(left, key=lambda item: item[0])
        left.remove(best)
        result[best[1]] = best[0]
        taken += best[0]
    return result
