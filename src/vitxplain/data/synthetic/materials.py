"""Surfaces as a camera sees them, grey: metal, fabric, wood, concrete, leather, granite.

Made of +, -, *, /, sqrt and comparisons only, as textures.py is, so that every machine makes the same pixels.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from vitxplain.data.stable_random import StableRandom
from vitxplain.data.synthetic.textures import Plane, bilinear

CELLS = 24  # points a side of a noise lattice; beyond them it repeats


def material(name: str, size: tuple[int, int], random: StableRandom) -> Plane:
    """The named surface, turned and scaled at random: brightness in [0, 1]."""
    height, width = size
    t = random.between(-1, 1)  # the tangent of half the angle: every direction
    cosine, sine = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
    pixel = min(size) / 64 * random.between(0.85, 1.3)  # a surface looks alike at every size of the tile
    y = (np.arange(height)[:, None] + 1000 * random.unit()) / pixel
    x = (np.arange(width)[None, :] + 1000 * random.unit()) / pixel
    return np.clip(_MATERIALS[name](cosine * y - sine * x, sine * y + cosine * x, random), 0, 1)


def noise(rows: Plane, columns: Plane, random: StableRandom) -> Plane:
    """Random heights in [0, 1] at the whole numbers, and what lies between."""
    lattice = np.pad(random.units(CELLS, CELLS), (0, 1), mode="wrap")
    return bilinear(lattice, rows % CELLS, columns % CELLS)


def _metal(rows: Plane, columns: Plane, random: StableRandom) -> Plane:
    """Brushed: long fine lines."""
    fine = noise(rows / 1.1, columns / 26, random)
    return 0.55 * fine + 0.45 * noise(rows / 4, columns / 60, random)


def _fabric(rows: Plane, columns: Plane, random: StableRandom) -> Plane:
    """Plain weave: round threads, over and under by turns, each of its own thickness."""
    pitch = random.between(3.2, 6.5)
    u, v = rows / pitch, columns / pitch
    down, across = u % 1 - 0.5, v % 1 - 0.5
    over = (np.floor(u) + np.floor(v)) % 2 == 0
    along, round_ = np.where(over, across, down), np.where(over, down, across)
    return (1 - 2.6 * round_ * round_) * (0.95 - 0.9 * along * along) - 0.3 * noise(u / 0.9, v / 0.9, random)


def _wood(rows: Plane, columns: Plane, random: StableRandom) -> Plane:
    """Rings cut along the trunk, soft on one side and sharp on the other, and fibres."""
    bend = noise(rows / 34, columns / 15, random)
    ring = (columns / random.between(6, 13) + 2.2 * bend) % 1
    saw = np.where(ring < 0.82, ring / 0.82, (1 - ring) / 0.18)
    return 1 - 0.7 * saw * saw - 0.3 * noise(rows / 12, columns / 0.9, random)


def _concrete(rows: Plane, columns: Plane, random: StableRandom) -> Plane:
    """Clouds, sand and pores."""
    clouds, sand = noise(rows / 11, columns / 11, random), noise(rows / 1.3, columns / 1.3, random)
    return 0.5 * clouds + 0.5 * sand - 0.5 * (noise(rows / 1.7, columns / 1.7, random) > 0.86)


def _leather(rows: Plane, columns: Plane, random: StableRandom) -> Plane:
    """Small domes with creases between them."""
    pitch = random.between(4, 7)
    nearest, second, _ = _grains(rows / pitch, columns / pitch, random)
    dome = np.clip((second - nearest) * 2.2, 0, 1)
    return 0.8 * dome * (1.1 - 0.5 * nearest) + 0.2 * noise(rows / 1.2, columns / 1.2, random)


def _granite(rows: Plane, columns: Plane, random: StableRandom) -> Plane:
    """Hard-edged grains, each of its own shade."""
    pitch = random.between(3, 6)
    _, _, shade = _grains(rows / pitch, columns / pitch, random)
    return 0.8 * shade + 0.2 * noise(rows, columns, random)


def _grains(
    rows: Plane, columns: Plane, random: StableRandom
) -> tuple[Float[np.ndarray, "height width"], Float[np.ndarray, "height width"], Float[np.ndarray, "height width"]]:
    """Distance to the nearest of one random point a unit square, to the second nearest, and the nearest's own shade.

    Cellular noise (Worley 1996); a point two squares away that would be nearer is rare and left out.
    """
    points = random.units(3, CELLS, CELLS)
    top, left = np.floor(rows), np.floor(columns)
    down, right = rows - top, columns - left
    top, left = (top % CELLS).astype(np.intp), (left % CELLS).astype(np.intp)
    nearest, second = np.full(rows.shape, 9.0), np.full(rows.shape, 9.0)
    shade = np.zeros(rows.shape)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            y, x, own = points[:, (top + dy) % CELLS, (left + dx) % CELLS]
            far = (dy + y - down) ** 2 + (dx + x - right) ** 2
            closer = far < nearest
            second = np.where(closer, nearest, np.minimum(second, far))
            shade = np.where(closer, own, shade)
            nearest = np.minimum(nearest, far)
    return np.sqrt(nearest), np.sqrt(second), shade


_MATERIALS: dict[str, Callable[[Plane, Plane, StableRandom], Plane]] = {
    "metal": _metal,
    "fabric": _fabric,
    "wood": _wood,
    "concrete": _concrete,
    "leather": _leather,
    "granite": _granite,
}
MATERIALS = tuple(_MATERIALS)
