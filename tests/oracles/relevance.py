"""Chefer et al. 2021, equations 5 and 6, and gradient rollout, for one image, with whole matrices."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tests.oracles.rollout import Matrix, product, read, with_residual


def positive_mean(heads: NDArray[np.float64], gradients: NDArray[np.float64]) -> Matrix:
    """Equation 5: the mean over heads of the positive part of gradient x attention."""
    number, queries, keys = heads.shape
    result = np.zeros((queries, keys))
    for h in range(number):
        for q in range(queries):
            for k in range(keys):
                result[q, k] += max(0.0, float(heads[h, q, k]) * float(gradients[h, q, k])) / number
    return result


def gradient_attention(
    layers: Sequence[NDArray[np.float64]],
    gradients: Sequence[NDArray[np.float64]],
    readout: Sequence[int],
    prefix: int,
    rows: int,
    columns: int,
    start_layer: int = 0,
) -> Matrix:
    """Equation 6: R starts as the identity; each layer adds A R."""
    relevance = np.eye(layers[0].shape[-1])
    for heads, gradient in list(zip(layers, gradients, strict=True))[start_layer:]:
        relevance = relevance + product(positive_mean(heads, gradient), relevance)
    return read(relevance, readout, prefix, rows, columns)


def gradient_rollout(
    layers: Sequence[NDArray[np.float64]],
    gradients: Sequence[NDArray[np.float64]],
    readout: Sequence[int],
    prefix: int,
    rows: int,
    columns: int,
    start_layer: int = 0,
) -> Matrix:
    rolled = np.eye(layers[0].shape[-1])
    for heads, gradient in list(zip(layers, gradients, strict=True))[start_layer:]:
        rolled = product(with_residual(positive_mean(heads, gradient), 0.5), rolled)
    return read(rolled, readout, prefix, rows, columns)
