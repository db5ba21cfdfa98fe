"""Procedural textures with hard edges, as shares of a second colour.

Made of +, -, *, / and comparisons only, which every machine rounds alike; a sine would differ in its last digit.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from vitxplain.data.stable_random import StableRandom

Plane = Float[np.ndarray, "height width"]


def texture(name: str, size: tuple[int, int], random: StableRandom) -> Plane:
    """The named texture, turned and scaled at random: the share of the second colour at each pixel, [0, 1]."""
    height, width = size
    t = random.between(-1, 1)  # the tangent of half the angle: every direction
    cosine, sine = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    pitch = min(size) * random.between(0.09, 0.2)  # pixels
    y = np.arange(height)[:, None] - height * random.unit()
    x = np.arange(width)[None, :] - width * random.unit()
    rows, columns = (cosine * y - sine * x) / pitch, (sine * y + cosine * x) / pitch
    return _WEAVES[name](rows, columns, random)


def bilinear(image: Float[np.ndarray, "rows columns"], rows: Plane, columns: Plane) -> Plane:
    """The image between its pixels; beyond the border, as at the border."""
    last_row, last_column = image.shape[0] - 1, image.shape[1] - 1
    rows, columns = np.clip(rows, 0, last_row), np.clip(columns, 0, last_column)
    top = np.minimum(rows.astype(np.intp), last_row - 1)
    left = np.minimum(columns.astype(np.intp), last_column - 1)
    down, right = rows - top, columns - left
    flat, stride = image.ravel(), image.shape[1]
    at = top * stride + left
    above = flat[at] * (1 - right) + flat[at + 1] * right
    below = flat[at + stride] * (1 - right) + flat[at + stride + 1] * right
    return above * (1 - down) + below * down


def _stripes(rows: Plane, _columns: Plane, random: StableRandom) -> Plane:
    return (rows % 2 < random.between(0.6, 1.4)).astype(np.float64)


def _checks(rows: Plane, columns: Plane, _random: StableRandom) -> Plane:
    return ((np.floor(rows) + np.floor(columns)) % 2).astype(np.float64)


def _bricks(rows: Plane, columns: Plane, _random: StableRandom) -> Plane:
    course = np.floor(rows)
    mortar = (rows - course < 0.2) | ((columns / 2 + course / 2) % 1 < 0.1)
    return mortar.astype(np.float64)


def _dots(rows: Plane, columns: Plane, random: StableRandom) -> Plane:
    down, right = rows / 1.5 % 1 - 0.5, columns / 1.5 % 1 - 0.5
    return (down * down + right * right < random.between(0.05, 0.14)).astype(np.float64)


def _rings(rows: Plane, columns: Plane, _random: StableRandom) -> Plane:
    return (np.sqrt(rows * rows + columns * columns) % 2 < 1).astype(np.float64)


def _cells(rows: Plane, columns: Plane, random: StableRandom) -> Plane:
    """Random cells round random points, each of its own shade (Worley 1996)."""
    low, high = (np.array([f(rows), f(columns)]) for f in (np.min, np.max))
    points = low[:, None] + random.units(2, 24) * (high - low)[:, None]
    far = (rows[..., None] - points[0]) ** 2 + (columns[..., None] - points[1]) ** 2
    return random.units(24)[far.argmin(-1)]


def _patches(rows: Plane, columns: Plane, random: StableRandom) -> Plane:
    """Blots: smooth random heights, cut at half."""
    lattice = random.units(12, 12)
    return (bilinear(lattice, (rows / 1.5) % 11, (columns / 1.5) % 11) > 0.5).astype(np.float64)


_WEAVES: dict[str, Callable[[Plane, Plane, StableRandom], Plane]] = {
    "stripes": _stripes,
    "checks": _checks,
    "bricks": _bricks,
    "dots": _dots,
    "rings": _rings,
    "cells": _cells,
    "patches": _patches,
}
TEXTURES = tuple(_WEAVES)
