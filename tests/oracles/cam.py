"""CAM (Zhou et al. 2016), Grad-CAM (Selvaraju et al. 2017) and ODAM (Zhao & Chan 2023) of one image.

Features are (channel, row, column).
"""

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float64]


def cam(features: Map, weights: NDArray[np.float64]) -> Map:
    """Sum over channels k of w_k f_k; `weights` (channel) are the class's row of the head."""
    channels, rows, columns = features.shape
    result = np.zeros((rows, columns))
    for k in range(channels):
        for i in range(rows):
            for j in range(columns):
                result[i, j] += float(weights[k]) * float(features[k, i, j])
    return result


def grad_cam(features: Map, gradients: Map, relu: bool = False) -> Map:
    """Equations 1 and 2: the weight of a channel is the mean of its gradient over the map."""
    channels, rows, columns = features.shape
    weights = np.zeros(channels)
    for k in range(channels):
        for i in range(rows):
            for j in range(columns):
                weights[k] += float(gradients[k, i, j]) / (rows * columns)
    result = cam(features, weights)
    return np.maximum(result, 0) if relu else result


def gradient_activation(features: Map, gradients: Map, relu: bool = False) -> Map:
    """Each place's own gradient as the weight of each channel, in place of its mean."""
    channels, rows, columns = features.shape
    result = np.zeros((rows, columns))
    for k in range(channels):
        for i in range(rows):
            for j in range(columns):
                result[i, j] += float(gradients[k, i, j]) * float(features[k, i, j])
    return np.maximum(result, 0) if relu else result
