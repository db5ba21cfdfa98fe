"""Whether the words below a plot touch."""

from itertools import pairwise

from matplotlib.axes import Axes


def ticks_apart(axes: Axes) -> bool:
    """Whether no number or word below the axes touches the next."""
    boxes = [text.get_window_extent() for text in axes.get_xticklabels() if text.get_text()]
    left, right = axes.get_window_extent().x0 - 30, axes.get_window_extent().x1 + 30
    seen = sorted((box for box in boxes if left < (box.x0 + box.x1) / 2 < right), key=lambda box: box.x0)
    return bool(seen) and all(one.x1 < other.x0 for one, other in pairwise(seen))
