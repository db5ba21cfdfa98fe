"""Whether a model is a plain ViT: every layer asks the same patches, and nothing but attention mixes them."""

from collections.abc import Sequence
from itertools import pairwise

from vitxplain.capture.layout import AttentionLayout
from vitxplain.models.observation import Observation


def mixing(seen: Observation, layouts: Sequence[AttentionLayout]) -> str | None:
    """What else mixes places on the way, in words: attention alone then does not say what came from where."""
    token = [index for index, layout in enumerate(layouts) if layout.kind == "token"]
    if not token:
        return None
    for name, before in seen.convolutions:
        if token[0] < before <= token[-1]:
            return f"a convolution ({name}) mixes places between its attention layers"
    for layout in layouts[: token[-1]]:
        if layout.kind == "other":
            return f"softmax weights that are no attention ({layout.path}) mix places before its last attention layer"
    for first, second in pairwise(token):
        if seen.calls[first].call.weights.value is seen.calls[second].call.weights.value:  # arXiv 2410.05258
            return f"two softmaxes weigh the same values ({layouts[first].path}), and what becomes of both is not seen"
    return None


def asks_one_grid(layouts: Sequence[AttentionLayout]) -> bool:
    """Whether every layer's tokens ask the same patches; learned queries, branches and their crossings aside."""
    own = [layout for layout in layouts if layout.kind not in ("pooling", "branch", "cross", "unused", "other")]
    grids = {(layout.grid.rows, layout.grid.columns) for layout in own if layout.grid is not None}
    plain = all(layout.kind == "token" and layout.num_queries == layout.num_keys for layout in own)
    return plain and len(grids) == 1
