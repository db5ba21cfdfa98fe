"""An explanation at the size of the screen: pictures need no more pixels than they show."""

from dataclasses import replace

from PIL.Image import Image, Resampling, Transform

from vitxplain.explanation.explanation import Explanation
from vitxplain.geometry import Geometry
from vitxplain.render.found import scaled

LONGEST, SMALLEST = 900, 300  # pixels


def displayed(explanation: Explanation, longest: int = LONGEST) -> Explanation:
    """The same explanation of an image of `longest` pixels at most, or enlarged where it has very few."""
    return _of(explanation, *shrunk(explanation.image, explanation.geometry, longest))


def displayed_at(explanation: Explanation, size: tuple[int, int]) -> Explanation:
    """The same explanation of an image of exactly (height, width) pixels; one that has very few keeps its squares."""
    image, geometry = explanation.image, explanation.geometry
    if max(image.size) < SMALLEST:
        image, geometry = shrunk(image, geometry)
    if geometry.image_size != size:
        image, geometry = _resampled(image, size), _scaled(geometry, size)
    return _of(explanation, image, geometry)


def shrunk(image: Image, geometry: Geometry, most: int = LONGEST) -> tuple[Image, Geometry]:
    """Image and geometry at most so many pixels long; one under `SMALLEST` enlarged, its pixels kept as squares."""
    height, width = geometry.image_size
    longest = max(height, width)
    factor = most / longest if longest > most else max(min(-(-SMALLEST // longest), most // longest), 1)
    if factor == 1:
        return image, geometry
    size = max(round(height * factor), 1), max(round(width * factor), 1)
    resized = _resampled(image, size) if factor < 1 else image.resize(size[::-1], Resampling.NEAREST)
    return resized, _scaled(geometry, size)


def _of(explanation: Explanation, image: Image, geometry: Geometry) -> Explanation:
    height, width = explanation.geometry.image_size
    boxed = scaled(explanation, geometry.image_size[0] / height, geometry.image_size[1] / width)
    return replace(boxed, image=image, geometry=geometry)


def _scaled(geometry: Geometry, size: tuple[int, int]) -> Geometry:
    (height, width), (top, left, bottom, right) = geometry.image_size, geometry.box
    down, across = size[0] / height, size[1] / width
    return Geometry(size, geometry.input_size, (top * down, left * across, bottom * down, right * across))


def _resampled(image: Image, size: tuple[int, int]) -> Image:
    """In colour, since palettes cannot be resampled."""
    coloured = image if image.mode == "RGB" else image.convert("RGB")
    return coloured.resize(size[::-1], Resampling.HAMMING, reducing_gap=2.0)


def view(explanation: Explanation) -> Image:
    """What the model saw, in the proportions of the original image; black where the processor padded."""
    return cut(explanation.image, explanation.geometry)


def cut(image: Image, geometry: Geometry) -> Image:
    """The box of the geometry out of the image, at most `LONGEST` pixels long."""
    top, left, bottom, right = geometry.box
    scale = min(1.0, LONGEST / max(bottom - top, right - left))
    size = max(round((right - left) * scale), 1), max(round((bottom - top) * scale), 1)
    # An affine map takes each pixel of the cut back to the image; beyond its edges it gives black.
    step = (right - left) / size[0], (bottom - top) / size[1]
    return image.convert("RGB").transform(
        size, Transform.AFFINE, (step[0], 0, left, 0, step[1], top), Resampling.BILINEAR
    )
