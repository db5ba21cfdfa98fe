"""softmax(q k^T * scale + mask), entry by entry, for one image and head."""

import math

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def attention(query: Matrix, key: Matrix, scale: float | None = None, mask: NDArray | None = None) -> Matrix:
    """Weights (query, key). A boolean mask says what may be attended to, any other is added to the scores."""
    queries, channels = query.shape
    keys = len(key)
    scale = 1 / math.sqrt(channels) if scale is None else scale
    weights = np.zeros((queries, keys))
    for q in range(queries):
        scores = []
        for k in range(keys):
            score = scale * sum(float(query[q, c]) * float(key[k, c]) for c in range(channels))
            if mask is not None and mask.dtype == bool:
                score = score if mask[q, k] else -math.inf
            elif mask is not None:
                score += float(mask[q, k])
            scores.append(score)
        highest = max(scores)
        if highest == -math.inf:
            continue  # nothing may be attended to: the row is zero
        exponentials = [math.exp(score - highest) for score in scores]
        for k in range(keys):
            weights[q, k] = exponentials[k] / sum(exponentials)
    return weights
