"""The shapes of defects: how much of each pixel is covered, [0, 1]. Lengths are pixels of a tile 64 pixels wide."""

from collections.abc import Callable, Sequence

import numpy as np

from vitxplain.data.stable_random import StableRandom
from vitxplain.data.synthetic.materials import noise
from vitxplain.data.synthetic.textures import Plane

Point = tuple[float, float]  # (row, column), pixels
THINNEST = 1.25  # pixels: a thinner line would miss the middle of every pixel here and there, and break the mask


def shape(name: str, size: tuple[int, int], random: StableRandom, hardness: float) -> Plane:
    """The named defect at a random place; the harder, the smaller. At least one pixel is covered by more than half."""
    return _SHAPES[name](size, random, min(size) / 64 * (1.3 - 0.5 * hardness))


def _scratch(size: tuple[int, int], random: StableRandom, unit: float) -> Plane:
    """One long thin line, slightly bent, pointed at both ends."""
    row, column = _direction(random)
    length, bow = random.between(18, 42) * unit, random.between(-5, 5) * unit
    middle = _inside(size, random, margin=0.5 * length * max(abs(row), abs(column)) + 2)
    width = random.between(1.4, 2.4) * unit
    points, widths = [], []
    for step in range(9):
        s = step / 4 - 1  # from end to end: -1 to 1
        along, off = 0.5 * length * s, bow * (1 - s * s)
        points.append((middle[0] + row * along - column * off, middle[1] + column * along + row * off))
        widths.append(width * (1 - 0.6 * s * s))
    return _line(size, points, widths)


def _crack(size: tuple[int, int], random: StableRandom, unit: float) -> Plane:
    """A jagged line with branches, thinner towards its ends."""
    start, heading = _inside(size, random, margin=12 * unit), _direction(random)
    ahead = _walk(random, start, heading, steps=3 + random.whole(4), stride=4 * unit)
    back = _walk(random, start, (-heading[0], -heading[1]), steps=3 + random.whole(4), stride=4 * unit)
    width = random.between(1.4, 2.2) * unit
    covered = np.maximum(_tapered(size, ahead, width), _tapered(size, back, width))
    for _ in range(1 + random.whole(2)):
        root = 1 + random.whole(2)
        side = random.pick((-1, 1))
        branch = _walk(random, ahead[root], (side * heading[1], -side * heading[0]), steps=3, stride=3.5 * unit)
        covered = np.maximum(covered, _tapered(size, branch, 0.8 * width))
    return covered


def _spot(size: tuple[int, int], random: StableRandom, unit: float) -> Plane:
    """One to three round spots close together."""
    covered = np.zeros(size)
    first = _inside(size, random, margin=9 * unit)
    for number in range(1 + random.whole(3)):
        radius = random.between(2.2, 4.2) * unit
        apart = 9 * unit * min(number, 1)
        centre = first[0] + random.between(-apart, apart), first[1] + random.between(-apart, apart)
        far = _distance(size, centre, squash=random.between(-0.2, 0.2))
        covered = np.maximum(covered, np.clip(radius - far + 0.5, 0, 1))
    return covered


def _blob(size: tuple[int, int], random: StableRandom, unit: float) -> Plane:
    """A large stain with a ragged edge."""
    radius = random.between(7, 11.5) * unit
    centre = _inside(size, random, margin=radius)
    far = _distance(size, centre, squash=random.between(-0.3, 0.3)) / radius
    rows = np.arange(size[0])[:, None] / (0.45 * radius) + np.zeros(size)
    columns = np.arange(size[1])[None, :] / (0.45 * radius) + np.zeros(size)
    ragged = far + 0.9 * (noise(rows, columns, random) - 0.5)  # below 1 in the middle whatever the noise
    return np.clip((1 - ragged) * 0.5 * radius + 0.5, 0, 1)


def _walk(random: StableRandom, start: Point, heading: Point, *, steps: int, stride: float) -> list[Point]:
    """A jagged way that keeps its heading on the whole."""
    points = [start]
    for _ in range(steps):
        t = random.between(-0.45, 0.45)  # up to 48 degrees off
        cosine, sine = (1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)
        down = cosine * heading[0] - sine * heading[1]
        right = sine * heading[0] + cosine * heading[1]
        step = stride * random.between(0.6, 1.2)
        points.append((points[-1][0] + step * down, points[-1][1] + step * right))
    return points


def _tapered(size: tuple[int, int], points: Sequence[Point], width: float) -> Plane:
    return _line(size, points, [width * (1 - 0.5 * at / len(points)) for at in range(len(points))])


def _line(size: tuple[int, int], points: Sequence[Point], widths: Sequence[float]) -> Plane:
    """Straight pieces with round ends from point to point, each as wide as at its start."""
    covered = np.zeros(size)
    for start, end, width in zip(points, points[1:], widths, strict=False):
        half = max(width, THINNEST) / 2
        spans = [_span(a, b, half + 1, most) for a, b, most in zip(start, end, size, strict=True)]
        y = np.arange(spans[0].start, spans[0].stop)[:, None] + 0.5 - start[0]
        x = np.arange(spans[1].start, spans[1].stop)[None, :] + 0.5 - start[1]
        down, right = end[0] - start[0], end[1] - start[1]
        along = np.clip((y * down + x * right) / (down * down + right * right), 0, 1)
        far = np.sqrt((y - along * down) ** 2 + (x - along * right) ** 2)
        piece = covered[spans[0], spans[1]]
        np.maximum(piece, np.clip(half - far + 0.5, 0, 1), out=piece)
    return covered


def _span(a: float, b: float, margin: float, most: int) -> slice:
    """The pixels from a to b and `margin` beyond, as far as the tile goes."""
    low, high = int(np.floor(min(a, b) - margin)), int(np.floor(max(a, b) + margin)) + 1
    return slice(min(max(low, 0), most), min(max(high, 0), most))


def _distance(size: tuple[int, int], centre: Point, squash: float) -> Plane:
    y = (np.arange(size[0])[:, None] + 0.5 - centre[0]) * (1 + squash)
    x = (np.arange(size[1])[None, :] + 0.5 - centre[1]) * (1 - squash)
    return np.sqrt(y * y + x * x)


def _direction(random: StableRandom) -> Point:
    """A unit vector; half the circle is every direction of a line."""
    t = random.between(-1, 1)
    return 2 * t / (1 + t * t), (1 - t * t) / (1 + t * t)


def _inside(size: tuple[int, int], random: StableRandom, margin: float) -> Point:
    """A (row, column) at least this far from the border, or as far as can be."""
    height, width = (min(margin, side / 2) for side in size)
    return random.between(height, size[0] - height), random.between(width, size[1] - width)


_SHAPES: dict[str, Callable[[tuple[int, int], StableRandom, float], Plane]] = {
    "scratch": _scratch,
    "spot": _spot,
    "crack": _crack,
    "blob": _blob,
}
SHAPES = tuple(_SHAPES)
