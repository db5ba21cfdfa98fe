"""An explanation at the size of the screen: pictures need no more pixels than they show."""

from dataclasses import replace

from PIL.Image import Image, Resampling, Transform

from vitxplain.explanation.explanation import Explanation
from vitxplain.geometry import Geometry
from vitxplain.render.found import scaled

LONGEST, SMALLEST = 900, 300  # pixels


def displayed(explanation: Explanation, longest: int = LONGEST) -> Explanation:
    """The same explanation of an image of `longest` pixels at most, or enlarged where it has very few."""
    image, geometry = shrunk(explanation.image, explanation.geometry, longest)
    height, width = explanation.geometry.image_size
    boxed = scaled(explanation, geometry.image_size[0] / height, geometry.image_size[1] / width)
    return replace(boxed, image=image, geometry=geometry)


def shrunk(image: Image, geometry: Geometry, most: int = LONGEST) -> tuple[Image, Geometry]:
    """Image and geometry at most so many pixels long; one under `SMALLEST` enlarged, its pixels kept as squares."""
    height, width = geometry.image_size
    longest = max(height, width)
    factor = most / longest if longest > most else max(min(-(-SMALLEST // longest), most // longest), 1)
    if factor == 1:
        return image, geometry
    size = max(round(height * factor), 1), max(round(width * factor), 1)
    down, across = size[0] / height, size[1] / width
    top, left, bottom, right = geometry.box
    box = top * down, left * across, bottom * down, right * across
    resized = image.resize(size[::-1], Resampling.BOX if factor < 1 else Resampling.NEAREST)
    return resized, Geometry(size, geometry.input_size, box)


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
