"""Attention rollout (Abnar & Zuidema 2020), equations 1 and 2, for one image, with whole token x token products."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def fuse(heads: NDArray[np.float64], how: str) -> Matrix:
    """(head, query, key) to (query, key)."""
    number, queries, keys = heads.shape
    fused = np.zeros((queries, keys))
    for q in range(queries):
        for k in range(keys):
            entries = [float(heads[h, q, k]) for h in range(number)]
            fused[q, k] = {"mean": sum(entries) / number, "max": max(entries), "min": min(entries)}[how]
    return fused


def discard(matrix: Matrix, ratio: float, prefix: int) -> Matrix:
    """The smallest share of all entries zeroed, prefix columns spared."""
    queries, keys = matrix.shape
    by_size = sorted((float(matrix[q, k]), q, k) for q in range(queries) for k in range(keys))
    result = matrix.copy()
    for _, q, k in by_size[: int(ratio * queries * keys)]:
        if k >= prefix:
            result[q, k] = 0.0
    return result


def with_residual(matrix: Matrix, residual: float) -> Matrix:
    """residual I + (1 - residual) A, each row divided by its sum."""
    tokens = len(matrix)
    mixed = np.zeros((tokens, tokens))
    for q in range(tokens):
        for k in range(tokens):
            mixed[q, k] = (1 - residual) * matrix[q, k] + (residual if q == k else 0.0)
        total = sum(mixed[q, k] for k in range(tokens))
        for k in range(tokens):
            mixed[q, k] = mixed[q, k] / total if total else 0.0
    return mixed


def product(left: Matrix, right: Matrix) -> Matrix:
    (rows, inner), columns = left.shape, right.shape[1]
    result = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            result[i, j] = sum(left[i, m] * right[m, j] for m in range(inner))
    return result


def read(matrix: Matrix, readout: Sequence[int], prefix: int, rows: int, columns: int) -> Matrix:
    """The readout tokens' rows averaged, patch columns, as a map."""
    result = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            patch = prefix + row * columns + column
            result[row, column] = sum(matrix[token, patch] for token in readout) / len(readout)
    return result


def rollout(
    layers: Sequence[NDArray[np.float64]],  # (head, token, token) each
    readout: Sequence[int],
    prefix: int,
    rows: int,
    columns: int,
    head_fusion: str = "mean",
    discard_ratio: float = 0.0,
    residual: float = 0.5,
    start_layer: int = 0,
) -> Matrix:
    rolled = np.eye(layers[0].shape[-1])
    for heads in layers[start_layer:]:
        fused = discard(fuse(heads, head_fusion), discard_ratio, prefix)
        rolled = product(with_residual(fused, residual), rolled)
    return read(rolled, readout, prefix, rows, columns)
