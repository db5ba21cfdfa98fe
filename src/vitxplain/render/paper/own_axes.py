"""An explanation on axes of the user's own: the picture alone, in its proportions."""

from matplotlib.axes import Axes

from vitxplain.explanation.explanation import Explanation
from vitxplain.render.compose import Photo, mark_unseen, to_bytes
from vitxplain.render.found import outline_target


def show_on(axes: Axes, small: Explanation, picture: Photo, colour_map: str, reach: float = 0.0) -> None:
    """A picture of the size of the explanation's image, what is explained outlined on it.

    `figure.colorbar(axes.images[-1])` has its colours, from 0 (or `-reach`) to 1 (or `reach`).
    """
    marked = to_bytes(mark_unseen(picture, small.geometry))
    axes.imshow(marked, cmap=colour_map, vmin=-reach if reach else 0.0, vmax=reach or 1.0)
    axes.set_axis_off()
    outline_target(axes, small)
