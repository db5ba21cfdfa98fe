"""Whether a model is a plain ViT: every layer asks the same patches, and nothing but attention mixes them."""

from collections.abc import Sequence

from vitxplain.capture.layout import AttentionLayout
from vitxplain.models.observation import Observation


def mixing_convolution(seen: Observation, layouts: Sequence[AttentionLayout]) -> str | None:
    """A convolution that mixes places between token layers: attention alone does not say what came from where."""
    token = [index for index, layout in enumerate(layouts) if layout.kind == "token"]
    return next((name for name, before in seen.convolutions if token and token[0] < before <= token[-1]), None)


def asks_one_grid(layouts: Sequence[AttentionLayout]) -> bool:
    """Whether every layer's tokens ask the same patches; learned queries, branches and their crossings aside."""
    own = [layout for layout in layouts if layout.kind not in ("pooling", "branch", "cross", "unused")]
    grids = {(layout.grid.rows, layout.grid.columns) for layout in own if layout.grid is not None}
    plain = all(layout.kind == "token" and layout.num_queries == layout.num_keys for layout in own)
    return plain and len(grids) == 1
