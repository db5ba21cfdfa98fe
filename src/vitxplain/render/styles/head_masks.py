"""What each head holds on to: the fewest patches that carry a share of its attention (after arXiv 2104.14294)."""

import numpy as np
import torch
from jaxtyping import Bool, Float
from matplotlib.figure import Figure

from vitxplain.errors import OptionError
from vitxplain.explainers.raw_attention import heaviest
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.resample import nearest
from vitxplain.explanation.titles import detail, headline
from vitxplain.render.colours import GLOBAL
from vitxplain.render.compose import Photo, darken, greyed, mark_unseen, photo
from vitxplain.render.display import displayed
from vitxplain.render.figure import inches, panel, sheet
from vitxplain.render.styles.heads import head_words, layer_head_maps, layer_words

ACROSS, GAP, TITLE = 4, 0.12, 0.25  # panels in a row; inches
DINO = 0.6  # the share of the paper's figures


def draw(explanation: Explanation, mass: float | None = None, layer: int = -1) -> Figure:
    """The photograph once a head: its heaviest patches bright and outlined, the rest dimmed.

    The patches of a head are the fewest whose values sum to at least `mass` of all its patches; None takes what the
    explanation was made with, or 0.6. `layer` is an index into the layers the explanation holds; negative ones count
    from the end.

    Raises:
        UsageError: the values hold no maps of heads.
        OptionError: `mass` is not above 0 and at most 1, or more than the explanation kept, or there is no such layer.
    """
    if mass is not None and not 0 < mass <= 1:
        raise OptionError(f"mass is {mass}; it takes a share above 0 and at most 1, such as 0.6.")
    maps = layer_head_maps(explanation)
    if not -len(maps) <= layer < len(maps):
        raise OptionError(f"layer is {layer}; this explanation holds {len(maps)}, 0 to {len(maps) - 1}.")
    kept = explanation.options.get("mass")
    mass = mass or kept or DINO
    masks = _masks(maps[layer], mass, kept)

    small = displayed(explanation)
    rgb, geometry = photo(small.image), small.geometry
    across = min(len(masks), ACROSS)
    down = -(-len(masks) // across)
    width, height = inches(geometry.image_size, 8.4 / max(across, 3))
    chosen = explanation.options.get("layer")
    index = layer % len(maps) if len(maps) > 1 else chosen if isinstance(chosen, int) else None
    where = "" if index is None else f"{layer_words(index)}: "
    small_print = f"{where}the patches that hold {mass:.0%} of each head's attention · {detail(explanation)}"
    figure = sheet(across * (width + GAP) - GAP, down * (height + TITLE), headline(explanation), small_print)
    for head, mask in enumerate(masks):
        row, column = divmod(head, across)
        title = f"{head_words(head, explanation.options.get('head'))}: {mask.sum()} of {mask.size} patches"
        axes = panel(figure, column * (width + GAP), row * (height + TITLE) + TITLE, width, height, title)
        pixels = nearest(mask.astype(np.float32), geometry)
        axes.imshow(mark_unseen(_dimmed(rgb, pixels), geometry), aspect="auto")
        if 0 < np.nanmean(pixels) < 1:
            axes.contour(np.nan_to_num(pixels), [0.5], colors=GLOBAL, linewidths=1.1)
    return figure


def _masks(
    maps: Float[np.ndarray, "head row column"], mass: float, kept: float | None
) -> Bool[np.ndarray, "head row column"]:
    """The fewest patches of each head that hold `mass` of its attention.

    What was `kept` of it is all there is: patches beyond are 0, and of those left no other share can be told.
    """
    if kept == mass:
        return maps > 0
    if kept is not None:
        raise OptionError(
            f"mass is {mass:g}, but the explanation kept the patches that hold {kept:g} of the attention and no "
            "others; explain again without mass for other shares."
        )
    return heaviest(torch.from_numpy(maps).double().clamp(min=0), mass).numpy() > 0


def _dimmed(rgb: Photo, inside: np.ndarray) -> Photo:
    """Grey and dark where `inside` is 0."""
    return np.where(inside[..., None] > 0.5, rgb, darken(greyed(rgb, 1.0), inside, 0.45))
