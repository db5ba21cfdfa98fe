"""Names on an image: on it, beside each other, in the region they are about."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitxplain.render.figure import panel, sheet
from vitxplain.render.names import Names, Spot, spots_of_box, spots_of_region

SIZE = 100  # pixels a side, on 3 inches


def image_axes():
    axes = panel(sheet(3, 3, "", ""), 0, 0, 3, 3)
    axes.imshow(np.zeros((SIZE, SIZE)), aspect="auto")
    return axes


def disc(radius: float, row: int = 50, column: int = 50) -> np.ndarray:
    rows, columns = np.indices((SIZE, SIZE))
    return np.hypot(rows - row, columns - column) <= radius


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 90), st.floats(0, 90), st.floats(2, 60), st.floats(2, 60)), max_size=12))
def test_names_lie_on_the_image_and_cover_no_other(corners):
    axes = image_axes()
    names = Names(axes)
    for number, (left, top, width, height) in enumerate(corners):
        box = (left, top, min(left + width, SIZE), min(top + height, SIZE))
        names.add(f"{number} some animal 93%", "white", spots_of_box(box), short=str(number))
    extents = [text.get_window_extent() for text in axes.texts]
    assert not any(first.overlaps(second) for first, second in combinations(extents, 2))
    image = axes.get_window_extent().padded(3)
    assert all(image.containsx(side) for extent in extents for side in (extent.x0, extent.x1))
    assert all(image.containsy(side) for extent in extents for side in (extent.y0, extent.y1))
    assert not corners or axes.texts[0].get_text().startswith("0")


def test_where_there_is_no_room_for_a_name_its_number_stands_and_else_nothing():
    axes = image_axes()
    names, spots = Names(axes), [Spot(50, 50), Spot(50, 58)]
    for number in range(4):
        names.add(f"{number} dog 9%", "white", spots, short=str(number))
    assert [text.get_text() for text in axes.texts] == ["0 dog 9%", "1 dog 9%"]
    names.add("a name far too long for any image of this width, whatever it is", "white", [Spot(50, 20)], short="4")
    assert axes.texts[-1].get_text() == "4"


@pytest.mark.parametrize(
    "region", [disc(30), disc(40) & ~disc(30), disc(3), disc(0), disc(60, 0, 0), np.eye(SIZE, dtype=bool)],
    ids=["disc", "ring", "small", "pixel", "corner", "line"],
)  # fmt: skip
def test_a_region_is_named_in_it(region):
    spots = spots_of_region(region)
    rows, columns = np.nonzero(region)
    nearest = [np.hypot(rows - spot.y, columns - spot.x).min() for spot in spots]
    assert spots
    assert max(nearest) <= 1.2  # pixels: a coarse pixel is 1.6 wide


def test_the_deepest_place_of_a_region_comes_first():
    (first, *_) = spots_of_region(disc(30, 40, 45) | disc(10, 85, 85))
    assert np.hypot(first.y - 40, first.x - 45) < 3
