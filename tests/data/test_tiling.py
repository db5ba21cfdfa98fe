import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitxplain.data.sample import Box
from vitxplain.data.tiling import Corner, centred, clip, components, cut, grid

sides = st.integers(1, 40)
sizes = st.tuples(sides, sides)


def numbered(size) -> np.ndarray:
    """An image whose pixels say where they are, from 1."""
    return np.arange(1, size[0] * size[1] + 1).reshape(size)


@given(sizes, st.tuples(st.integers(1, 20), st.integers(1, 20)), st.floats(0, 0.99))
@settings(max_examples=60, deadline=None)
def test_every_pixel_is_in_some_tile_and_knows_its_place(image, tile, overlap):
    pixels = numbered(image)
    seen = np.zeros(image, bool)
    for place in grid(image, tile, overlap):
        piece = cut(pixels, place, tile)
        assert piece.shape == tile
        for row, column in np.ndindex(tile):
            y, x = row + place.top, column + place.left  # tile -> image
            inside = 0 <= y < image[0] and 0 <= x < image[1]
            assert piece[row, column] == (pixels[y, x] if inside else 0)
            if inside:
                seen[y, x] = True
    assert seen.all()


def test_neighbours_overlap_by_the_share_and_the_last_ends_with_the_image():
    assert [place.left for place in grid((8, 30), (8, 8), 0.25)] == [0, 6, 12, 18, 22]
    assert [place.top for place in grid((16, 8), (8, 8), 0)] == [0, 8]


def test_an_image_smaller_than_the_tile_stands_in_its_middle():
    assert grid((4, 8), (8, 8), 0.5) == [Corner(-2, 0)]
    pixels = numbered((2, 3))
    assert cut(pixels, Corner(-1, 0), (4, 3), "edge").tolist() == [[1, 2, 3], [1, 2, 3], [4, 5, 6], [4, 5, 6]]
    assert cut(pixels, Corner(-1, 0), (4, 3), "reflect").tolist() == [[4, 5, 6], [1, 2, 3], [4, 5, 6], [1, 2, 3]]
    assert cut(pixels, Corner(-1, 0), (4, 3)).tolist() == [[0, 0, 0], [1, 2, 3], [4, 5, 6], [0, 0, 0]]


@given(sizes, st.lists(st.tuples(sides, sides, sides, sides), min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_centred_tiles_lie_in_the_image_round_their_object(image, corners):
    tile = min(8, image[0]), min(8, image[1])
    for left, top, wide, high in corners:
        x, y = left % image[1], top % image[0]
        box = Box(x, y, min(x + wide, image[1]), min(y + high, image[0]))
        (place,) = centred(image, tile, [box])
        assert 0 <= place.top <= image[0] - tile[0]
        assert 0 <= place.left <= image[1] - tile[1]
        assert place.top <= (box.top + box.bottom) // 2 <= place.top + tile[0]
        assert place.left <= (box.left + box.right) // 2 <= place.left + tile[1]


def test_boxes_of_a_tile():
    boxes = [Box(0, 0, 4, 4), Box(6, 6, 20, 9), Box(30, 0, 31, 1)]
    assert clip(boxes, Corner(2, 2), (8, 8)) == [Box(0, 0, 2, 2), Box(4, 4, 8, 7)]


@given(st.tuples(st.integers(1, 12), st.integers(1, 12)), st.integers(0, 2**32), st.floats(0.1, 0.9))
@settings(max_examples=80, deadline=None)
def test_components_are_those_of_another_library(size, seed, share):
    from skimage.measure import label, regionprops

    mask = np.random.default_rng(seed).random(size) < share
    expected = {one.bbox for one in regionprops(label(mask, connectivity=2))}
    found = components(mask)
    assert {(box.top, box.left, box.bottom, box.right) for box in found} == expected
    assert len(found) == label(mask, connectivity=2).max()


@pytest.mark.parametrize("shape", [(1, 1), (5, 5)])
def test_an_empty_mask_has_no_components(shape):
    assert components(np.zeros(shape, bool)) == []
