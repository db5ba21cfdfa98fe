"""A grid of maps at the width of a column: as wide as that, every letter readable, none on another."""

from io import BytesIO
from itertools import combinations

import pytest
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from PIL import Image

from tests.explanations import explanation
from vitxplain.errors import OptionError
from vitxplain.render.figure import Picture
from vitxplain.render.sheets.cells import Grid, Heading, MapCell, WordCell
from vitxplain.render.sheets.grid_sheet import grid_sheet
from vitxplain.render.sheets.grid_width import check_room, on_paper

LONG = "attention-rollout (head_fusion=max, discard_ratio=0.9)"
SIZES = ((60, 90), (200, 24), (30, 160))  # of images, (height, width)


def grid(columns: list[Heading], rows: list[Heading], headline: str = "Egyptian cat ~ tabby") -> Grid:
    """Maps of images of several proportions, a reason in the last cell of each row and nothing in the one before."""
    cells = [
        [MapCell(explanation(size=SIZES[number % 3]), "espresso ~ Egyptian cat · 12.3%")] * (len(columns) - 2)
        + [None, WordCell("attention-rollout does not fit: it has no attention")]
        for number, _ in enumerate(rows)
    ]
    return Grid(rows, columns, cells, headline, f"a-model · {LONG} · " * 3, "heat (1 = each map's highest)")


GROUPED = grid(
    [Heading("image"), *(Heading(name, "a-model-of-some-length") for name in ("grad-cam", "cam")), Heading(LONG, "b")],
    [Heading(LONG, LONG), Heading("star", "two"), Heading("7", "two")],
)
UNNAMED = grid([Heading("image"), Heading(LONG), Heading("cam")], [Heading("")], "")


def written(figure: Picture) -> dict[Text, Bbox]:
    figure.canvas.draw()
    texts = [text for text in figure.findobj(Text) if text.get_text().strip() and text.get_visible()]
    return {text: text.get_window_extent() for text in texts}


@pytest.mark.parametrize(("made", "width"), [(GROUPED, "column"), (UNNAMED, 1.8)], ids=("groups", "no names"))
def test_letters_are_readable_and_none_is_on_another_or_cut_off(made: Grid, width: float | str):
    figure = grid_sheet(made, width)
    extents = written(figure)
    assert min(text.get_fontsize() for text in extents) >= 6
    for (one, extent), (other, taken) in combinations(extents.items(), 2):
        shared = Bbox.intersection(extent, taken)
        assert shared is None or min(shared.width, shared.height) < 1.5, (one.get_text(), other.get_text())
    assert all("max" in text.get_text() for text in extents if "(head" in text.get_text())  # the value is not cut off
    page = figure.bbox
    assert all(page.x0 <= box.x0 and box.x1 <= page.x1 for box in extents.values())
    assert all(page.y0 <= box.y0 and box.y1 <= page.y1 for box in extents.values())


def test_the_file_is_as_wide():
    buffer = BytesIO()
    grid_sheet(UNNAMED, "column").savefig(buffer, dpi=200)
    with Image.open(buffer) as picture:
        assert picture.width == 650


def test_cells_keep_their_proportions_and_grow_with_the_width():
    narrow, wide = (on_paper(GROUPED, width).sizes for width in (3.25, 13))
    for row, (down, across) in enumerate(SIZES):
        assert narrow[row][0][0] / narrow[row][0][1] == pytest.approx(across / down)
        assert wide[row][0][0] > 3 * narrow[row][0][0]


def test_more_columns_than_letters_have_room_for():
    names = [Heading(f"method-{number}") for number in range(6)]
    check_room([Heading("")], names, 3.25)
    with pytest.raises(OptionError, match="in which 5 columns of letters of 6 points fit, and this figure has 6"):
        check_room([Heading("row")], names, 3.25)
    with pytest.raises(OptionError, match=r"width is 0\.4 inches, in which 0 columns .* at least 1\.8,"):
        grid_sheet(UNNAMED, 0.4)
