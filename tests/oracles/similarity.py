"""Cosine similarity of position embeddings (Dosovitskiy et al. 2021, figure 7)."""

import math

import numpy as np
from numpy.typing import NDArray


def position_similarity(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """`table` (row, column, channel); the result (row, column, row2, column2)."""
    rows, columns, channels = table.shape
    result = np.zeros((rows, columns, rows, columns))
    for (i, j, k, m), _ in np.ndenumerate(result):
        a, b = table[i, j], table[k, m]
        dot = sum(float(a[c]) * float(b[c]) for c in range(channels))
        lengths = math.sqrt(sum(float(x) ** 2 for x in a)) * math.sqrt(sum(float(x) ** 2 for x in b))
        result[i, j, k, m] = dot / lengths
    return result
