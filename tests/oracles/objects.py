"""What an object's query reads (DETR, Carion et al. 2020, figure 6), for one image, one number at a time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def mean_row(heads: NDArray[np.float64], query: int) -> Matrix:
    """One query's row of (head, query, key), the mean over heads."""
    number, _, keys = heads.shape
    return np.array([sum(float(heads[h, query, k]) for h in range(number)) / number for k in range(keys)])


def on_finest(row: Matrix, levels: Sequence[tuple[int, int]]) -> Matrix:
    """A row over the places of levels, whose sides divide the first's: each place's share on the places it covers."""
    rows, columns = levels[0]
    result, first = np.zeros((rows, columns)), 0
    for level_rows, level_columns in levels:
        down, across = rows // level_rows, columns // level_columns
        for i in range(rows):
            for j in range(columns):
                place = first + (i // down) * level_columns + j // across
                result[i, j] += row[place] / (down * across)
        first += level_rows * level_columns
    return result


def product(maps: Sequence[Matrix], even: float = 0.01) -> Matrix:
    """The geometric mean of maps that each have so much of an even map added, less that much."""
    rows, columns = maps[0].shape
    result = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            value = 1.0
            for one in maps:
                value *= one[i, j] + even / (rows * columns)
            result[i, j] = max(value ** (1 / len(maps)) - even / (rows * columns), 0.0)
    return result


def d_rise(masks: NDArray[np.float64], weights: Sequence[float]) -> Matrix:
    """Equation 6 of Petsiuk et al. 2021 (arXiv 2006.03204), each pixel divided by how often it was shown."""
    number, rows, columns = masks.shape
    result = np.zeros((rows, columns))
    for i in range(rows):
        for j in range(columns):
            shown = sum(float(masks[n, i, j]) for n in range(number))
            result[i, j] = sum(weights[n] * float(masks[n, i, j]) for n in range(number)) / shown
    return result


def similarity(box: Sequence[float], classes: Sequence[float], boxes: Matrix, probabilities: Matrix) -> float:
    """Equations 2 and 3 there: the largest, over detections, of IoU x cosine x objectness, 0 where there is none.

    Boxes are (left, top, right, bottom); how sure a detection is of its likeliest class is its objectness.
    """
    best = 0.0
    for other, shares in zip(boxes, probabilities, strict=True):
        width = min(box[2], other[2]) - max(box[0], other[0])
        height = min(box[3], other[3]) - max(box[1], other[1])
        shared = max(width, 0.0) * max(height, 0.0)
        both = (box[2] - box[0]) * (box[3] - box[1]) + (other[2] - other[0]) * (other[3] - other[1]) - shared
        dot = sum(a * b for a, b in zip(classes, shares, strict=True))
        lengths = sum(a * a for a in classes) ** 0.5 * sum(b * b for b in shares) ** 0.5
        best = max(best, shared / both * dot / lengths * max(shares))
    return best
