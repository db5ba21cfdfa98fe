"""What a probe found, for inputs that the image fills in part: places of padding ask nothing that is read."""

from dataclasses import replace
from typing import TYPE_CHECKING

from vitxplain.grid import TokenGrid
from vitxplain.models.processors.image_part import ImagePart

if TYPE_CHECKING:
    from vitxplain.models.probing.probe import Probe


def on_part(probe: "Probe", part: ImagePart | None) -> "Probe":
    """The probe with grids that know of the padding; itself where the image fills the input."""
    if part is None:
        return probe
    size = probe.input_size
    layouts = [
        layout if layout.grid is None else replace(layout, grid=shown_grid(layout.grid, part, size))
        for layout in probe.layouts
    ]
    grid = None if probe.grid is None else shown_grid(probe.grid, part, size)
    return replace(probe, grid=grid, layouts=tuple(layouts))


def shown_grid(grid: TokenGrid, part: ImagePart, size: tuple[int, int]) -> TokenGrid:
    """A patch shows the image where its first pixel does, as networks count that make their own mask of patches."""
    height, width = size
    return replace(grid, shown=(-(-part.rows * grid.rows // height), -(-part.columns * grid.columns // width)))
