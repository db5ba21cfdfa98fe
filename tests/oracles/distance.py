"""Mean attention distance and entropy (Dosovitskiy et al. 2021) of one image and head."""

import math

import numpy as np
from numpy.typing import NDArray


def mean_distance(
    attention: NDArray[np.float64],  # (token, token)
    prefix: int,
    rows: int,
    columns: int,
    patch_size: tuple[float, float],
    renormalise: bool = True,
) -> float:
    """Pixels, averaged over the query patches."""
    total = 0.0
    for q in range(rows * columns):
        mass = sum(attention[prefix + q, prefix + k] for k in range(rows * columns)) if renormalise else 1.0
        for k in range(rows * columns):
            down = (q // columns - k // columns) * patch_size[0]
            across = (q % columns - k % columns) * patch_size[1]
            total += attention[prefix + q, prefix + k] / mass * math.sqrt(down**2 + across**2)
    return total / (rows * columns)


def mean_entropy(attention: NDArray[np.float64], prefix: int, patches: int, renormalise: bool = True) -> float:
    """Nats, averaged over the query patches."""
    total = 0.0
    for q in range(prefix, prefix + patches):
        mass = sum(attention[q, k] for k in range(prefix, prefix + patches)) if renormalise else 1.0
        for k in range(prefix, prefix + patches):
            share = attention[q, k] / mass
            total -= share * math.log(share) if share > 0 else 0.0
    return total / patches
