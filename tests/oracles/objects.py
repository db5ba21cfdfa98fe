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
