import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.image_folders import class_folders, masked_folders, noise, save, voc_folder
from vitxplain.data.folders.mask_files import mask_values
from vitxplain.data.load import load_data
from vitxplain.data.read_image import read_image
from vitxplain.data.sample import Box
from vitxplain.data.tiling import Tiling
from vitxplain.data.tools.split_folder import split_folder
from vitxplain.data.tools.tile_folder import tile_folder
from vitxplain.errors import DataError, ImageError, OptionError

ALL = {"ratio": (0, 0, 1)}


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "tiles.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_tiles_are_the_image_where_the_table_says(tmp_path):
    source, out = masked_folders(tmp_path / "in"), tmp_path / "out"
    done = tile_folder(source, out, Tiling((48, 40), 0.3, min_defect_share=1e-9, centre_on_defects=True))
    seen = {f"{number:02d}": np.zeros((96, 144), bool) for number in range(10)}
    for row in table(out):
        top, left, height, width = (int(row[key]) for key in ("top", "left", "height", "width"))
        window = slice(top, top + height), slice(left, left + width)
        whole = np.asarray(read_image(source / row["source"]))
        mask = mask_values(source / row["source"].replace("images", "masks")) > 0
        tile_mask = mask_values(out / row["tile"].replace("images", "masks")) > 0
        assert (np.asarray(read_image(out / row["tile"])) == whole[window]).all()
        assert (tile_mask == mask[window]).all()
        assert row["label"] == ("defect" if mask[window].any() else "good")
        assert float(row["defect_share"]) == pytest.approx(mask[window].mean(), abs=1e-6)
        seen[Path(row["source"]).stem][window] = True
    assert all(one.all() for one in seen.values())
    assert (done.images, done.left_out) == (10, 0)
    assert {tile.kind for tile in done.tiles} == {"grid", "centred"}


def test_tiles_open_as_a_data_set(tmp_path):
    done = tile_folder(masked_folders(tmp_path / "in"), tmp_path / "out", Tiling((48, 48)))
    data = load_data(tmp_path / "out", options=ALL)
    assert data.labels == ("good", "defect")
    assert len(data) == len(done.tiles)
    labels = {tile.tile: tile.label for tile in done.tiles}
    for sample in data:
        assert labels[sample.name] == data.labels[sample.label]
        assert sample.mask.any() == bool(sample.label)


def test_tiles_with_too_little_of_a_defect_are_left_out(tmp_path):
    source = masked_folders(tmp_path / "in")
    every = tile_folder(source, tmp_path / "all", Tiling((32, 32), min_defect_share=1e-9))
    some = tile_folder(source, tmp_path / "some", Tiling((32, 32), min_defect_share=0.05))
    assert some.left_out > 0
    assert len(every.tiles) == len(some.tiles) + some.left_out
    assert all(tile.defect_share == 0 or tile.defect_share >= 0.05 for tile in some.tiles)


def test_class_folders_give_good_tiles_and_tiles_of_their_class(tmp_path):
    done = tile_folder(masked_folders(tmp_path / "in", classes=True), tmp_path / "out", Tiling((48, 48)))
    data = load_data(tmp_path / "out", options=ALL)
    assert data.labels == ("blob", "crack", "good", "scratch", "spot")
    assert all(sample.mask.any() == (data.labels[sample.label] != "good") for sample in data)
    assert {tile.label for tile in done.tiles if "scratch" in tile.source} == {"good", "scratch"}


def test_boxes_are_cut_with_the_image(tmp_path):
    tile_folder(voc_folder(tmp_path / "in"), tmp_path / "out", Tiling((30, 40), 0, min_defect_share=1e-9))
    samples = {sample.name: sample for sample in load_data(tmp_path / "out", options=ALL)}
    assert len(samples) == 40
    # The dent of image 7 covers rows 14 to 23 and columns 7 to 18, that of image 8 rows 16 to 25.
    assert samples["07.y0x0.png"].boxes == (Box(7, 14, 19, 24),)
    assert samples["07.y30x0.png"].boxes == ()
    assert samples["00.y0x0.png"].boxes == ()
    whole = np.asarray(read_image(tmp_path / "in" / "JPEGImages" / "07.jpg"))
    assert (np.asarray(samples["07.y30x40.png"].image) == whole[30:60, 40:80]).all()


def test_a_centred_tile_holds_the_whole_defect(tmp_path):
    done = tile_folder(voc_folder(tmp_path / "in"), tmp_path / "out", Tiling((20, 20), 0, centre_on_defects=True))
    centred = [tile for tile in done.tiles if tile.kind == "centred"]
    assert {tile.source for tile in centred} == {f"{number:02d}.jpg" for number in range(10) if number % 3}
    assert all(tile.defect_share == pytest.approx(10 * 12 / 400) for tile in centred)


@pytest.mark.parametrize("make", [masked_folders, voc_folder])
def test_splits_stay_as_they_are(make, tmp_path):
    split_folder(make(tmp_path / "in"), tmp_path / "split", (50, 25, 25))
    tile_folder(tmp_path / "split", tmp_path / "out", Tiling((24, 24)))
    for split in ("train", "validation", "test"):
        sources = {Path(sample.name).stem for sample in load_data(tmp_path / "split", split)}
        tiles = {Path(sample.name).name.split(".")[0] for sample in load_data(tmp_path / "out", split)}
        assert tiles == sources


@pytest.mark.parametrize("pad", ["constant", "reflect", "edge"])
def test_images_smaller_than_a_tile_are_padded_not_scaled(pad, tmp_path):
    pixels, mask = noise(0, (10, 30)), np.zeros((10, 30), np.uint8)
    mask[:3, :5] = 255
    save(tmp_path / "in/images/a.png", pixels)
    save(tmp_path / "in/masks/a.png", mask)
    done = tile_folder(tmp_path / "in", tmp_path / "out", Tiling((20, 30), pad=pad))
    (tile,) = done.tiles
    assert (tile.top, tile.left) == (-5, 0)
    image = np.asarray(Image.open(tmp_path / "out" / tile.tile))
    assert (image[5:15] == pixels).all()
    marked = mask_values(tmp_path / "out" / tile.tile.replace("images", "masks")) > 0
    assert (marked[5:15] == (mask > 0)).all()
    assert marked[:5].any() == (pad != "constant")  # what is shown again is marked again


def test_images_smaller_than_a_tile_are_refused_without_pad(tmp_path):
    with pytest.raises(DataError, match=r"10 of 10 images are smaller than a tile of 100 x 20 px .*96 x 144.*--pad"):
        tile_folder(masked_folders(tmp_path / "in"), tmp_path / "out", Tiling((100, 20)))
    assert not (tmp_path / "out").exists()


def test_boxes_are_not_mirrored(tmp_path):
    with pytest.raises(OptionError, match="outside their boxes; take --pad constant"):
        tile_folder(voc_folder(tmp_path / "in"), tmp_path / "out", Tiling((20, 20), pad="reflect"))


def test_masks_of_another_size(tmp_path):
    source = masked_folders(tmp_path / "in")
    save(source / "masks" / "01.png", np.zeros((9, 9), np.uint8))
    with pytest.raises(DataError, match=r"01\.png is 9 x 9 px .* its image 96 x 144 px"):
        tile_folder(source, tmp_path / "out", Tiling((20, 20)))


def test_class_folders_alone_do_not_say_where(tmp_path):
    with pytest.raises(DataError, match="does not say where the defects are"):
        tile_folder(class_folders(tmp_path / "in"), tmp_path / "out", Tiling((4, 4)))


def test_an_image_whose_defects_are_not_known_is_left_out(tmp_path):
    source = masked_folders(tmp_path / "in", classes=True)
    (source / "masks" / "scratch" / "01.png").unlink()
    done = tile_folder(source, tmp_path / "out", Tiling((48, 48)))
    assert done.images == 9
    assert "scratch/01.png has no mask" in done.skipped[0]
    with pytest.raises(ImageError, match="has no mask"):
        tile_folder(source, tmp_path / "strict", Tiling((48, 48)), strict=True)
    assert not (tmp_path / "strict").exists()


def test_a_damaged_image_is_left_out(tmp_path):
    source = masked_folders(tmp_path / "in")
    (source / "images" / "03.png").write_bytes(b"nothing")
    done = tile_folder(source, tmp_path / "out", Tiling((48, 48)))
    assert (done.images, len(done.skipped)) == (9, 1)


def test_no_tile_left(tmp_path):
    save(tmp_path / "in/images/a.png", noise(0))
    mask = np.zeros((6, 8), np.uint8)
    mask[0, 0] = 1
    save(tmp_path / "in/masks/a.png", mask)
    with pytest.raises(DataError, match="lower --min-defect-share"):
        tile_folder(tmp_path / "in", tmp_path / "out", Tiling((6, 8), min_defect_share=0.5))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"overlap": 1.0}, "overlap is 1; it takes a share from 0 to below 1"),
        ({"overlap": -0.1}, "overlap is -0.1"),
        ({"min_defect_share": 0}, "min-defect-share is 0"),
        ({"size": (0, 5)}, "0 x 5 px has no pixels"),
    ],
)
def test_wrong_options(wrong, said):
    with pytest.raises(OptionError, match=said):
        Tiling(**{"size": (8, 8), **wrong})


def test_a_table_is_not_tiled(tmp_path):
    save(tmp_path / "in" / "a.png", noise(0))
    save(tmp_path / "in" / "b.png", noise(1))
    (tmp_path / "in" / "labels.csv").write_text("image,label\na.png,a\nb.png,b\n")
    with pytest.raises(DataError, match="Copy each image to images/CLASS/NAME.png and its mask to masks/CLASS"):
        tile_folder(tmp_path / "in", tmp_path / "out", Tiling((4, 4)))
