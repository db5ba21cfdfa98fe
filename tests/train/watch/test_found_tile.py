"""The tile of a detector shows the box it found beside the known ones."""

from dataclasses import replace

import pytest
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from PIL import Image

from tests.explanations import explanation
from vitxplain.data.sample import ExactBox, LabelledObject, Sample
from vitxplain.render.colours import PAPER
from vitxplain.render.sheets.map_sheet import map_sheet
from vitxplain.train.watch.found_tile import found_tile


@pytest.mark.parametrize(("box", "wrong"), [((10.0, 10.0, 40.0, 40.0), False), ((50.0, 10.0, 80.0, 40.0), True)])
def test_the_box_that_was_found_is_drawn_and_right_where_it_overlaps(box: tuple[float, ...], wrong: bool):
    made = explanation()
    made = replace(made, target=replace(made.target, box=box))
    known = LabelledObject(0, made.target.name, ExactBox(12.0, 10.0, 42.0, 40.0))
    tile = found_tile(Sample(Image.new("RGB", (90, 60)), 0, "one", objects=(known,)), made)
    assert (tile.found_box, tile.wrong) == (box, wrong)
    sheet = map_sheet([tile, tile], "a model", "grad-cam", "the object")
    lines = [line for axes in sheet.axes for line in axes.collections if isinstance(line, LineCollection)]
    assert [tuple(line.get_colors()[-1]) == to_rgba(PAPER) for line in lines] == [False, True] * 2
    assert any("white: what was found" in text.get_text() for text in sheet.texts)
