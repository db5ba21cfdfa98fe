"""Patch features as loops: cosines (Amir et al. 2021) and principal components (Oquab et al. 2023)."""

import math

import numpy as np
from numpy.typing import NDArray


def patch_similarity(features: NDArray[np.float64], asking: NDArray[np.float64]) -> NDArray[np.float64]:
    """`features` (row, column, channel) and the token that asks, (channel,); the result (row, column)."""
    result = np.zeros(features.shape[:2])
    for row, column in np.ndindex(*result.shape):
        patch = features[row, column]
        dot = sum(float(x) * float(y) for x, y in zip(patch, asking, strict=True))
        lengths = math.sqrt(sum(float(x) ** 2 for x in patch)) * math.sqrt(sum(float(y) ** 2 for y in asking))
        result[row, column] = dot / lengths
    return result


def components(patches: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """`patches` (patch, channel); scores (patch, component) in standard deviations.

    The eigenvectors of the covariance, one after the other by power iteration, each then taken out of it; a component's
    sign makes its largest weight positive.
    """
    number, channels = patches.shape
    centred = patches - patches.mean(0)
    covariance = np.zeros((channels, channels))
    for patch in centred:
        covariance += np.outer(patch, patch) / (number - 1)
    scores = np.zeros((number, count))
    for component in range(count):
        weights = np.random.default_rng(component).normal(size=channels)
        for _ in range(20_000):
            weights = covariance @ weights
            weights /= math.sqrt(float(weights @ weights))
        variance = float(weights @ covariance @ weights)
        covariance = covariance - variance * np.outer(weights, weights)
        if weights[np.argmax(np.abs(weights))] < 0:
            weights = -weights
        for index, patch in enumerate(centred):
            scores[index, component] = float(patch @ weights) / math.sqrt(variance)
    return scores
