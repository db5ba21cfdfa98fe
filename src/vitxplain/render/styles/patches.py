"""An image as the model takes it in: cut into its patches."""

from matplotlib.figure import Figure
from PIL.Image import Image, Resampling

from vitxplain.errors import UsageError
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.titles import model_name
from vitxplain.geometry import Geometry
from vitxplain.grid import TokenGrid
from vitxplain.render.colours import INK
from vitxplain.render.compose import mark_unseen, photo
from vitxplain.render.display import LONGEST, cut, shrunk
from vitxplain.render.figure import inches, panel, sheet
from vitxplain.render.mosaic import mosaic

WIDTH, GAP = 4.2, 0.55  # inches


def patch_grid(image: Image, grid: TokenGrid, geometry: Geometry, about: str = "") -> Figure:
    """The image with what the model sees of it marked, and beside it that part pulled apart into its patches.

    `about` is a line of small print, such as the model's name.
    """
    visible = cut(image, geometry)
    tile = max(LONGEST // max(grid.rows, grid.columns), 4)
    shape = inches(
        (visible.height * grid.columns, visible.width * grid.rows), 1.0
    )  # of one patch on the original image
    tile_size = max(round(tile * shape[1]), 2), max(round(tile * shape[0]), 2)
    pixels = photo(visible.resize((tile_size[1] * grid.columns, tile_size[0] * grid.rows), Resampling.BILINEAR))
    tiles = pixels.reshape(grid.rows, tile_size[0], grid.columns, tile_size[1], 3).swapaxes(1, 2)
    laid = mosaic(tiles, tile_size, gap=max(tile // 12, 1))

    small, geometry = shrunk(image, geometry)
    width, height = inches(geometry.image_size, WIDTH)
    width2, height2 = inches((visible.height, visible.width), WIDTH)
    title = f"{grid.rows} × {grid.columns} = {grid.num_patches} patches"
    extra = [f"{count} {word} token{'s' * (count > 1)}" for count, word in _others(grid) if count]
    figure = sheet(width + GAP + width2, max(height, height2) + 0.25, " + ".join([title, *extra]), about)
    axes = panel(
        figure, 0, 0.25, width, height, "the image, and what the model sees of it" if geometry.crops else "the image"
    )
    axes.imshow(mark_unseen(photo(small), geometry), aspect="auto")
    axes = panel(figure, width + GAP, 0.25, width2, height2, _patch_size(grid, geometry))
    axes.imshow(laid.rgb, aspect="auto")
    for row in range(0, grid.rows, 1 + grid.rows // 20):
        axes.text(-8, laid.centre(row, 0)[0], str(row), fontsize=7.5, color=INK, ha="right", va="center")
    for column in range(0, grid.columns, 1 + grid.columns // 20):
        x = laid.centre(0, column)[1]
        axes.text(x, laid.rgb.shape[0] + 6, str(column), fontsize=7.5, color=INK, ha="center", va="top")
    return figure


def draw(explanation: Explanation) -> Figure:
    """The patch grid of the explained image.

    Raises:
        UsageError: the model has no tokens.
    """
    if explanation.grid is None:
        raise UsageError(
            f"the model that {explanation.method} explained here takes no patches; there is no patch grid."
        )
    return patch_grid(explanation.image, explanation.grid, explanation.geometry, model_name(explanation))


def _others(grid: TokenGrid) -> tuple[tuple[int, str], ...]:
    return (grid.num_prefix_tokens, "prefix"), (grid.num_suffix_tokens, "suffix")


def _patch_size(grid: TokenGrid, geometry: Geometry) -> str:
    (height, width), (rows, columns) = grid.patch_size, geometry.input_size
    return f"patches of {height:g} × {width:g} px of the {rows} × {columns} px input"
