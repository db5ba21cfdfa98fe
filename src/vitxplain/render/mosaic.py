"""Many small maps as one image: one drawing instead of hundreds of axes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True, eq=False)
class Mosaic:
    """Equal tiles in rows and columns with white between them; positions in its own pixels."""

    rgb: Float[np.ndarray, "height width 3"]
    tile: tuple[int, int]  # (height, width)
    gap: int

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """Top left pixel (y, x) of a tile."""
        return row * (self.tile[0] + self.gap), column * (self.tile[1] + self.gap)

    def centre(self, row: int, column: int) -> tuple[float, float]:
        """Middle (y, x) of a tile."""
        y, x = self.corner(row, column)
        return y + self.tile[0] / 2 - 0.5, x + self.tile[1] / 2 - 0.5


def mosaic(tiles: Float[np.ndarray, "down across row column 3"], tile: tuple[int, int], gap: int = 4) -> Mosaic:
    """Lay out small RGB maps, each enlarged to `tile` (height, width) pixels, its cells kept as rectangles."""
    down, across, rows, columns, _ = tiles.shape
    pick_rows = np.arange(tile[0]) * rows // tile[0]
    pick_columns = np.arange(tile[1]) * columns // tile[1]
    rgb = np.ones((down * (tile[0] + gap) - gap, across * (tile[1] + gap) - gap, 3), np.float32)
    laid = Mosaic(rgb, tile, gap)
    for row, column in np.ndindex(down, across):
        y, x = laid.corner(row, column)
        rgb[y : y + tile[0], x : x + tile[1]] = tiles[row, column][pick_rows][:, pick_columns]
    return laid
