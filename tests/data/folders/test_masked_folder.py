from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.stored import save_mask, save_picture
from vitxplain.data.load import load_data
from vitxplain.errors import DataError, ImageError

ALL = {"ratio": "0,0,1"}  # every image is of the test split


def test_good_or_defect_by_what_the_mask_says(tmp_path: Path):
    for name in ("1.jpg", "2.jpg", "3.jpg"):
        save_picture(tmp_path / "images" / name)
    save_mask(tmp_path / "masks" / "1.png")
    save_mask(tmp_path / "masks" / "2_mask.png", (3, 2, 6, 5))
    data = load_data(tmp_path, options=ALL)
    assert data.labels == ("good", "defect")
    assert data.has_masks
    assert [sample.label for sample in data] == [0, 1, 0]
    assert [sample.mask.sum() for sample in data] == [0, 9, 0]
    assert data[1].mask[2:5, 3:6].all()
    assert "1 images of" in " ".join(data.notes)
    assert "have no mask: taken as good" in " ".join(data.notes)


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/{split}/{word}/1.png", "masks/{split}/{word}/1.png"),
        ("{split}/images/{word}/1.png", "{split}/masks/{word}/1.png"),
    ],
)
def test_class_folders_and_split_folders(tmp_path: Path, image: str, mask: str):
    for split in ("train", "val"):
        for number, word in enumerate(("cat", "dog")):
            save_picture(tmp_path / image.format(split=split, word=word))
            save_mask(tmp_path / mask.format(split=split, word=word), (0, 0, number + 1, 1))
    for split in ("train", "validation"):
        data = load_data(tmp_path, split)
        assert data.labels == ("cat", "dog")
        assert [(sample.label, sample.mask.sum()) for sample in data] == [(0, 1), (1, 2)]


def test_in_class_folders_an_image_without_a_mask_is_one_whose_object_is_not_known(tmp_path: Path):
    for word in ("cat", "dog"):
        save_picture(tmp_path / "images" / word / "1.png")
    save_mask(tmp_path / "masks" / "dog" / "1.png", (0, 0, 1, 1))
    data = load_data(tmp_path, options=ALL)
    assert [sample.mask is None for sample in data] == [True, False]


@pytest.mark.parametrize("mode", ["L", "P", "1", "RGB", "RGBA", "LA", "I;16"])
def test_masks_of_any_kind_are_object_where_not_zero(tmp_path: Path, mode: str):
    save_picture(tmp_path / "images" / "1.png")
    (tmp_path / "masks").mkdir()
    values = np.zeros((10, 12), np.uint8)
    values[4, 5] = 1 if mode != "1" else 255
    mask = Image.fromarray(values.astype(np.uint16)) if mode == "I;16" else Image.fromarray(values)
    if mode == "P":
        mask.putpalette([200, 10, 10, 0, 0, 0])
    elif mode != "I;16":
        mask = mask.convert(mode)
    mask.save(tmp_path / "masks" / "1.png")
    assert np.argwhere(load_data(tmp_path, options=ALL)[0].mask).tolist() == [[4, 5]]


def test_a_photograph_stored_lying_down_has_a_mask_as_it_is_shown(tmp_path: Path):
    (tmp_path / "images").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (12, 10)).save(tmp_path / "images" / "1.jpg", exif=exif)
    save_mask(tmp_path / "masks" / "1.png", (0, 0, 2, 3), size=(12, 10))
    sample = load_data(tmp_path, options=ALL)[0]
    assert (sample.image.height, sample.image.width) == sample.mask.shape == (12, 10)


def test_masks_of_another_size_are_refused_at_once(tmp_path: Path):
    for number in (1, 2, 3):
        save_picture(tmp_path / "images" / f"{number}.png")
        save_mask(tmp_path / "masks" / f"{number}.png", (0, 0, 1, 1), size=(20, 24) if number > 1 else (10, 12))
    with pytest.raises(
        DataError, match=r"2\.png is 20 x 24 px \(height x width\), its image 10 x 12 px.* 1 more masks"
    ):
        load_data(tmp_path, options=ALL)


def test_a_mask_without_an_image(tmp_path: Path):
    save_picture(tmp_path / "images" / "1.png")
    save_mask(tmp_path / "masks" / "one.png")
    with pytest.raises(DataError, match="the mask .*one.png has no image of its name in images/"):
        load_data(tmp_path)


def test_a_damaged_mask(tmp_path: Path):
    save_picture(tmp_path / "images" / "1.png")
    save_mask(tmp_path / "masks" / "1.png")
    (tmp_path / "masks" / "1.png").write_bytes(b"no image")
    with pytest.raises(ImageError, match="masks/1.png is not a mask that can be read: it is no picture"):
        load_data(tmp_path)


def test_no_masks_at_all(tmp_path: Path):
    save_picture(tmp_path / "images" / "1.png")
    (tmp_path / "masks").mkdir()
    with pytest.raises(DataError, match="has no images in its folder masks/"):
        load_data(tmp_path)


def test_only_defects_are_nothing_to_train_on_but_to_test_on(tmp_path: Path):
    for number in range(20):
        save_picture(tmp_path / "images" / f"{number}.png")
        save_mask(tmp_path / "masks" / f"{number}.png", (0, 0, 1, 1))
    with pytest.raises(DataError, match=r"of one class \(defect\).* so the mask .* all of them defect"):
        load_data(tmp_path, "train")
    assert len(load_data(tmp_path, "test")) == 2


def test_images_in_no_class_folder_are_left_out_and_counted(tmp_path: Path):
    for name in ("cat/1", "cat/2", "dog/1", "3", "4"):
        save_picture(tmp_path / "images" / f"{name}.png", len(name))
        save_mask(tmp_path / "masks" / f"{name}.png", (0, 0, 1, 1))
    save_picture(tmp_path / "bird" / "1.png")
    data = load_data(tmp_path, options=ALL)
    assert data.labels == ("cat", "dog")
    assert [sample.label for sample in data] == [0, 0, 1]
    assert [note.replace(str(tmp_path), "FOLDER") for note in data.notes if "left out" in note] == [
        "2 images of FOLDER lie in no class folder of images/ and are left out.",
        "1 images of FOLDER lie neither in images/ nor in masks/ and are left out.",
    ]


@pytest.mark.parametrize("order", ["images/{}", "train/images/{}", "images/train/{}"])
def test_an_empty_class_folder(order: str, tmp_path: Path):
    for number, word in enumerate(("scratch", "dent")):
        save_picture(tmp_path / order.format(word) / "1.png", number)
        save_mask(tmp_path / order.format(word).replace("images", "masks") / "1.png", (1, 1, 4, 4))
    (tmp_path / order.format("blob")).mkdir()
    with pytest.raises(DataError, match="the class folder .*blob holds no images; add some, or remove it"):
        load_data(tmp_path, "train")
    (tmp_path / order.format("blob")).rmdir()
    save_picture(tmp_path / order.format("Dent") / "1.png")
    with pytest.raises(DataError, match="Dent and dent, which differ in case only"):
        load_data(tmp_path, "train")
