"""Points of an image that users name."""

from vitxplain.errors import TargetError
from vitxplain.geometry import Geometry


def check_point(text: str, point: tuple[float, float], geometry: Geometry) -> None:
    """Raises:
    TargetError: the point (x, y) lies outside the image, or where the model does not look; `text` is what was typed.
    """
    height, width = geometry.image_size
    if not (0 <= point[0] <= width and 0 <= point[1] <= height):
        raise TargetError(f"target {text!r} lies outside the image of {width} x {height} px.")
    across, down = geometry.on_input(*point)
    if not (0 <= across <= 1 and 0 <= down <= 1):
        raise TargetError(f"target {text!r} lies where the model did not look: it crops.")
