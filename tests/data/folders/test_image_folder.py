import os
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.data.stored import class_folders, picture, save_picture
from vitxplain.data.folders.disk_images import DiskImages
from vitxplain.data.folders.image_folder import image_folder
from vitxplain.data.load import load_data
from vitxplain.data.readable import stand_in
from vitxplain.errors import DataError, ImageError


def _names(data: DiskImages) -> list[str]:
    return [item.name for item in data.items]


def test_class_folders_are_shared_out(tmp_path: Path):
    root = class_folders(tmp_path, {"dogs": 10, "cats": 20})
    splits = {split: image_folder(str(root), split) for split in ("train", "validation", "test")}
    assert {split: len(data) for split, data in splits.items()} == {"train": 24, "validation": 3, "test": 3}
    everything = [name for data in splits.values() for name in _names(data)]
    assert len(set(everything)) == 30
    assert splits["test"].labels == ("cats", "dogs")
    assert "has no splits: 80/10/10 % are train/validation/test, drawn with seed 0" in splits["test"].notes[0]
    assert _names(splits["test"]) == ["cats/007.png", "cats/009.png", "dogs/005.png"]  # the same on every machine


def test_samples_hold_image_label_and_name(tmp_path: Path):
    root = class_folders(tmp_path, {"test/cats": 1, "test/dogs": 2})
    sample = image_folder(str(root))[2]
    assert (sample.label, sample.name, sample.mask, sample.boxes) == (1, "test/dogs/001.png", None, None)
    np.testing.assert_array_equal(np.asarray(sample.image), np.asarray(picture(1001)))


def test_split_folders_by_any_usual_name(tmp_path: Path):
    root = class_folders(tmp_path, {"Train/a": 2, "Train/b": 1, "val/a": 1, "val/b": 1, "testing/a": 1, "testing/b": 4})
    lengths = [len(image_folder(str(root), split)) for split in ("train", "validation", "test")]
    assert lengths == [3, 2, 5]
    assert image_folder(str(root), "train").notes == ()


def test_without_validation_a_share_of_train_is_held_out(tmp_path: Path):
    root = class_folders(tmp_path, {"train/a": 10, "train/b": 10, "test/a": 3, "test/b": 3})
    train, held = image_folder(str(root), "train"), image_folder(str(root), "validation")
    assert (len(train), len(held), len(image_folder(str(root)))) == (18, 2, 6)
    assert not set(_names(train)) & set(_names(held))
    assert "10 % of train are held out" in held.notes[0]


def test_without_test_images_those_of_validation_are_taken_and_that_is_said(tmp_path: Path):
    root = class_folders(tmp_path, {"train/a": 2, "train/b": 2, "val/a": 1, "val/b": 1})
    data = image_folder(str(root), "test")
    assert len(data) == 2
    assert "has no test split: its validation images are taken" in data.notes[0]


def test_a_split_nothing_can_stand_for(tmp_path: Path):
    root = class_folders(tmp_path, {"test/a": 1, "test/b": 1})
    assert len(image_folder(str(root), "test")) == 2
    with pytest.raises(DataError, match="has no train split, only test"):
        image_folder(str(root), "train")


def test_a_class_may_be_called_train(tmp_path: Path):
    root = class_folders(tmp_path, {"bus": 5, "train": 5})
    assert image_folder(str(root)).labels == ("bus", "train")


def test_nested_folders_mixed_endings_and_hidden_files(tmp_path: Path):
    for name in ("a/deep/er/1.JPG", "a/2.bmp", "b/3.webp", "b/4.png", "b/.hidden.png", ".git/5.png", "b/._4.png"):
        save_picture(tmp_path / "test" / name)
    (tmp_path / "test" / "a" / "notes.txt").write_text("no image")
    names = _names(image_folder(str(tmp_path)))
    assert names == ["test/a/2.bmp", "test/a/deep/er/1.JPG", "test/b/3.webp", "test/b/4.png"]


def test_numbers_as_class_names_are_sorted_by_value(tmp_path: Path):
    root = class_folders(tmp_path, {f"test/{number}": 1 for number in (10, 9, 2)})
    assert image_folder(str(root)).labels == ("2", "9", "10")


def test_linked_folders_are_followed_once(tmp_path: Path):
    root = class_folders(tmp_path / "set", {"test/a": 2, "test/b": 2})
    class_folders(tmp_path, {"elsewhere": 3})
    (root / "test" / "c").symlink_to(tmp_path / "elsewhere")
    (root / "test" / "a" / "back").symlink_to(root)
    assert len(image_folder(str(root))) == 7


def test_damaged_images_are_named_left_out_and_counted(tmp_path: Path):
    root = class_folders(tmp_path, {"test/a": 5, "test/b": 5})
    _cut(root / "test/a/001.png")
    (root / "test/a/002.png").write_bytes(b"")
    (root / "test/b/004.png").write_text("this is no image")
    Image.new("RGB", (40, 40)).save(root / "test/b/005.jpg")
    _cut(root / "test/b/005.jpg")
    with pytest.warns(
        UserWarning, match=r"4 of the 11 images of .* left out: .*001.png .* others: test/a/002.png, test/b/004"
    ):
        data = load_data(root)
    assert len(data) == 7
    with pytest.raises(ImageError, match=r"001\.png is damaged or incomplete"):
        load_data(root, strict=True)


def test_damage_moves_no_other_file_to_another_split(tmp_path: Path):
    root = class_folders(tmp_path, {"a": 20, "b": 20})
    before = _names(image_folder(str(root), "test"))
    _cut(root / before[0])
    with pytest.warns(UserWarning, match="1 of the 4 images"):
        assert _names(image_folder(str(root), "test")) == before[1:]


def test_bytes_behind_the_end_of_an_image_do_no_harm(tmp_path: Path):
    root = class_folders(tmp_path, {"test/a": 1, "test/b": 1})
    with (root / "test/a/000.png").open("ab") as file:
        file.write(b"a trailer, as some cameras write")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(image_folder(str(root))) == 2


def test_in_training_the_next_good_image_stands_in_for_a_damaged_one(tmp_path: Path):
    root = class_folders(tmp_path, {"train/a": 9, "train/b": 9, "val/a": 1})
    data = image_folder(str(root), "train")
    _cut(root / data.items[17].name)  # damaged after the folder was opened
    skipped: list[int] = []
    sample = stand_in(data, 17, lambda index, _: skipped.append(index))
    assert (sample.name, skipped) == (data.items[0].name, [17])
    for item in data.items:
        _cut(item.path)
    with pytest.raises(DataError, match="none of the 18 images"):
        stand_in(data, 3, lambda *_: None)


def test_a_strict_set_has_no_stand_ins(tmp_path: Path):
    data = image_folder(str(class_folders(tmp_path, {"test/a": 2, "test/b": 2})), strict=True)
    _cut(data.items[0].path)
    with pytest.raises(ImageError, match="000.png is damaged"):
        stand_in(data, 0, lambda *_: None)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, "holds no images; an image folder has a folder of images for each class"),
        ({".": 3}, "the 3 images of .* lie in no class folder"),
        ({"a": 30}, r"is of one class \(a\), so there is nothing to tell apart"),
        ({"train/a": 30, "test/a": 1, "test/b": 1}, r"is of one class \(a\)"),
        ({"Cats": 3, "cats": 3}, "class folders Cats and cats, which differ in case only"),
    ],
)
def test_folders_nothing_can_be_learned_from(tmp_path: Path, counts: dict[str, int], words: str):
    class_folders(tmp_path, counts)
    with pytest.raises(DataError, match=words):
        load_data(tmp_path, "train")


def test_an_empty_class_folder(tmp_path: Path):
    class_folders(tmp_path, {"a": 3, "b": 3})
    (tmp_path / "c").mkdir()
    with pytest.raises(DataError, match="the class folder .*/c holds no images; add some, or remove it"):
        load_data(tmp_path, "train")


def test_nothing_that_can_be_read(tmp_path: Path):
    class_folders(tmp_path, {"test/a": 1, "test/b": 1})
    for file in tmp_path.rglob("*.png"):
        file.write_bytes(b"")
    with pytest.raises(DataError, match=r"none of the 2 images of .* can be read: .*000.png is empty"):
        load_data(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may look into every folder")
def test_a_folder_that_cannot_be_looked_into(tmp_path: Path):
    class_folders(tmp_path, {"a": 1, "b": 1})
    (tmp_path / "b").chmod(0)
    try:
        with pytest.raises(DataError, match="/b cannot be looked into: Permission denied"):
            load_data(tmp_path)
    finally:
        (tmp_path / "b").chmod(0o700)


def test_loose_images_and_missing_classes_are_noted(tmp_path: Path):
    root = class_folders(tmp_path, {"train/a": 2, "train/b": 2, "train/c": 2, "test/a": 1, "test": 2})
    notes = " ".join(image_folder(str(root)).notes)
    assert "2 images of" in notes
    assert "lie in no class folder" in notes
    assert "the test split of" in notes
    assert "has no image of class b, c." in notes


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-30])
