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


def encoder_decoder(
    calls: Sequence[tuple[str, NDArray[np.float64], NDArray[np.float64]]], places: int, queries: int
) -> Matrix:
    """R_qi by equations 6 to 10, whole matrices in the order of the calls: (what asks what, heads, gradients).

    "ii": places each other, "qq": queries each other, "qi": queries the places.
    """
    image, among, reads = np.eye(places), np.eye(queries), np.zeros((queries, places))
    for kind, heads, gradients in calls:
        attention = positive_mean(heads, gradients)
        if kind == "ii":
            image = image + product(attention, image)
        elif kind == "qq":
            among, reads = among + product(attention, among), reads + product(attention, reads)
        else:
            reads = reads + product(product(normalised(among).T, attention), normalised(image))
    return reads


def normalised(relevance: Matrix) -> Matrix:
    """Equations 8 and 9; a row that has nothing beside the identity stays as it is."""
    size = len(relevance)
    result = np.eye(size)
    for i in range(size):
        rest = [relevance[i, j] - (i == j) for j in range(size)]
        if sum(rest) != 0:
            for j in range(size):
                result[i, j] += rest[j] / sum(rest)
    return result
