"""Segmentations of a Pascal-VOC folder are cut with the image."""

import numpy as np
import pytest
from PIL import Image

from tests.data.image_folders import save, segmented_voc_folder
from vitxplain.data.folders.mask_files import mask_values
from vitxplain.data.folders.voc_annotation import read_annotation
from vitxplain.data.load import load_data
from vitxplain.data.tiling import Tiling
from vitxplain.data.tools.tile_folder import tile_folder
from vitxplain.errors import DataError, ImageError


@pytest.fixture
def tiled(tmp_path):
    source = segmented_voc_folder(tmp_path / "in")
    return source, tile_folder(source, tmp_path / "out", Tiling((20, 20), 0.0, min_defect_share=1e-9))


def test_each_pixel_is_of_the_object_it_was(tiled):
    source, done = tiled
    whole = mask_values(source / "SegmentationObject" / "a.png")
    words = {0: "", 255: "border"} | {
        one.number: one.word for one in read_annotation(source / "Annotations" / "a.xml").objects
    }
    for tile in (one for one in done.tiles if one.source == "a.jpg"):
        stem = tile.tile.removeprefix("JPEGImages/").removesuffix(".png")
        objects = read_annotation(done.folder / "Annotations" / f"{stem}.xml").objects
        values = mask_values(done.folder / "SegmentationObject" / f"{stem}.png")
        here = {0: "", 255: "border"} | {one.number: one.word for one in objects}
        window = whole[tile.top : tile.top + 20, tile.left : tile.left + 20]
        assert [[here[value] for value in row] for row in values] == [[words[value] for value in row] for row in window]
        assert tile.defect_share == pytest.approx(np.isin(window, (1, 2)).mean(), abs=1e-6)
        for one in objects:
            rows, columns = np.nonzero(values == one.number)
            assert one.box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_tiles_open_with_the_masks_of_their_class(tiled):
    _, done = tiled
    data = load_data(done.folder, options={"ratio": (0, 0, 1)})
    assert set(data.labels) == {"dent", "nick", "good"}
    for sample in data:
        assert (sample.mask is not None and sample.mask.any()) == (data.labels[sample.label] != "good")


def test_corner_of_a_box_without_the_object_is_good(tmp_path):
    source = segmented_voc_folder(tmp_path / "in")
    with_masks = tile_folder(source, tmp_path / "a", Tiling((10, 10), 0.0, min_defect_share=1e-9))
    (source / "SegmentationObject" / "a.png").unlink()
    by_boxes = tile_folder(source, tmp_path / "b", Tiling((10, 10), 0.0, min_defect_share=1e-9))
    good = [sum(tile.label == "good" for tile in one.tiles) for one in (with_masks, by_boxes)]
    assert good[0] > good[1]
    assert not (tmp_path / "b" / "SegmentationObject").exists()


def test_classes_are_cut_as_they_are(tmp_path):
    source = segmented_voc_folder(tmp_path / "in")
    (source / "SegmentationObject").rename(source / "SegmentationClass")
    done = tile_folder(source, tmp_path / "out", Tiling((20, 20), 0.0, min_defect_share=1e-9))
    whole = mask_values(source / "SegmentationClass" / "a.png")
    for tile in (one for one in done.tiles if one.source == "a.jpg"):
        values = mask_values(done.folder / tile.tile.replace("JPEGImages", "SegmentationClass"))
        assert (values == whole[tile.top : tile.top + 20, tile.left : tile.left + 20]).all()


def test_a_segmentation_of_more_than_eight_bits(tmp_path):
    source = segmented_voc_folder(tmp_path / "in")
    Image.fromarray(np.full((60, 80), 300, np.uint16)).save(source / "SegmentationObject" / "a.png")
    with pytest.raises(ImageError, match=r"a\.png has numbers above 255"):
        tile_folder(source, tmp_path / "out", Tiling((20, 20)), strict=True)


def test_a_segmentation_of_another_size(tmp_path):
    source = segmented_voc_folder(tmp_path / "in")
    save(source / "SegmentationObject" / "b.png", np.zeros((30, 80), np.uint8))
    with pytest.raises(DataError, match="is 30 x 80 px"):
        tile_folder(source, tmp_path / "out", Tiling((20, 20)), strict=True)
