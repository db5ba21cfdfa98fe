"""Images beside maps of classes: the class of every pixel, by name."""

import numpy as np
import pytest
from PIL import Image

from tests.data.folders.class_map_files import class_map_folder, numbers, save_map
from tests.data.stored import annotate, class_folders, save_mask, save_picture
from vitxplain.data.load import load_data
from vitxplain.data.sample import UNLABELLED
from vitxplain.data.tools.contents import read_contents
from vitxplain.errors import DataError, ImageError, OptionError

ALL = {"ratio": "0,0,1"}


@pytest.mark.parametrize("maps", ["masks", "annotations"])
def test_pixels_have_the_classes_of_the_file(tmp_path, maps):
    data = load_data(class_map_folder(tmp_path, maps=maps), options=ALL)
    assert data.map_labels == data.labels == ("background", "cat", "dog 🐕")
    assert data.object_labels == ()
    sample = data[0]
    expected = numbers().astype(int)
    expected[expected == 255] = UNLABELLED
    np.testing.assert_array_equal(sample.class_map, expected)
    assert (data.labels[sample.label], sample.mask.sum(), sample.objects) == ("cat", 40, None)
    assert data.has_masks


def test_voc_without_boxes_and_its_lists(tmp_path):
    root = class_map_folder(tmp_path, ("a", "b", "c"), "SegmentationClass", "JPEGImages")
    save_picture(root / "JPEGImages" / "d.png")
    lists = root / "ImageSets" / "Segmentation"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("a\n")
    (lists / "val.txt").write_text("b\n")
    assert [sample.name for sample in load_data(root, "train")] == ["JPEGImages/a.png"]
    data = load_data(root, "validation")
    assert [sample.name for sample in data] == ["JPEGImages/b.png"]
    assert "1 images of" in " ".join(data.notes)
    (lists / "val.txt").write_text("zzz\n")
    with pytest.raises(DataError, match="val.txt names zzz, but JPEGImages/ has no such image"):
        load_data(root)


def test_split_folders_may_stand_in_either_place(tmp_path):
    for place in ("images/training", "annotations/training", "images/validation", "annotations/validation"):
        kind, split = place.split("/")
        if kind == "images":
            save_picture(tmp_path / place / f"{split}.png")
        else:
            save_map(tmp_path / place / f"{split}.png", numbers())
    assert len(load_data(tmp_path, "train")) == len(load_data(tmp_path, "validation")) == 1
    for split in ("train", "val"):
        class_map_folder(tmp_path / "deep" / split, ("a",), "annotations")
        (tmp_path / "deep" / split / "classes.txt").unlink()
    assert load_data(tmp_path / "deep", "train").map_labels == ("0", "1", "2")


def test_numbers_without_names_are_their_own(tmp_path):
    root = class_map_folder(tmp_path, maps="annotations")
    (root / "classes.txt").unlink()
    data = load_data(root, options=ALL)
    assert data.map_labels == ("0", "1", "2")
    assert data.labels[data[0].label] == "0"  # nothing says that it is a background


def test_another_number_may_be_no_class(tmp_path):
    root = class_map_folder(tmp_path, maps="annotations")
    (root / "classes.txt").write_text("cat\ndog\n")
    values = numbers()
    values[values == 255] = 0
    for name in "ab":
        save_map(root / "annotations" / f"{name}.png", values)
    data = load_data(root, options={**ALL, "unlabelled": "0"})
    assert data.map_labels == ("cat", "dog")
    assert np.unique(data[0].class_map).tolist() == [UNLABELLED, 0, 1]
    with pytest.raises(OptionError, match="unlabelled is -2"):
        load_data(root, options={"unlabelled": -2})


def test_a_number_without_a_name_is_named_with_its_file(tmp_path):
    root = class_map_folder(tmp_path)
    values = numbers()
    values[0, 0] = 7
    save_map(root / "masks" / "b.png", values)
    with pytest.raises(
        DataError, match=r"b\.png has 1 pixels of number 7, and classes\.txt names 0 to 2; name it there"
    ):
        load_data(root)


def test_maps_in_colours_are_refused(tmp_path):
    root = class_map_folder(tmp_path)
    save_picture(root / "masks" / "a.png")
    with pytest.raises(ImageError, match=r"the map .*a\.png is in colours"):
        load_data(root)
    Image.fromarray(np.repeat(numbers()[..., None], 3, 2)).save(root / "masks" / "a.png")  # grey in three channels
    np.testing.assert_array_equal(load_data(root, options=ALL)[0].class_map, load_data(root, options=ALL)[1].class_map)


def test_colours_are_those_of_labelmap_or_of_pascal_voc(tmp_path):
    root = class_map_folder(tmp_path, maps="SegmentationClass", images="JPEGImages")
    (root / "classes.txt").unlink()
    lines = ["# label:color_rgb:parts:actions", "back:5,0,9::", "dog: big:9,9,1::", "cat:0,7,0:a,b:"]
    (root / "labelmap.txt").write_text("\n".join(lines))
    own = np.array([[5, 0, 9], [9, 9, 1], [0, 7, 0]], np.uint8)
    values = np.where(numbers() == 255, 0, numbers())
    for name in "ab":
        Image.fromarray(own[values]).save(root / "SegmentationClass" / f"{name}.png")
    data = load_data(root, options=ALL)
    assert data.map_labels == ("back", "dog: big", "cat")
    np.testing.assert_array_equal(data[0].class_map, values)
    (root / "labelmap.txt").unlink()
    with pytest.raises(ImageError, match=r"is in colours, of which 0,7,0 is none of labelmap\.txt's"):
        load_data(root)
    voc = np.array([[0, 0, 0], [128, 0, 0], [0, 128, 0]] + 252 * [[1, 1, 1]] + [[224, 224, 192]], np.uint8)
    for name in "ab":
        Image.fromarray(voc[numbers()]).save(root / "SegmentationClass" / f"{name}.png")
    expected = np.where(numbers() == 255, UNLABELLED, numbers().astype(int))
    np.testing.assert_array_equal(load_data(root, options=ALL)[0].class_map, expected)
    (root / "labelmap.txt").write_text("back:5,0,9\ndog:5,0,9\n")
    with pytest.raises(DataError, match=r"labelmap\.txt.*'dog:5,0,9' has a name or colour for the second time"):
        load_data(root)


def test_maps_and_images_belong_together(tmp_path):
    root = class_map_folder(tmp_path / "a")
    save_picture(root / "images" / "alone.png")
    data = load_data(root, options=ALL)
    assert len(data) == 2
    assert "1 images of" in " ".join(data.notes)
    save_map(root / "masks" / "orphan.png", numbers())
    with pytest.raises(DataError, match=r"the map .*orphan\.png has no image of its name in images/"):
        load_data(root)
    root = class_map_folder(tmp_path / "b")
    save_map(root / "masks" / "a.png", numbers()[:5])
    with pytest.raises(DataError, match=r"a\.png is 5 x 12 px \(height x width\), its image 10 x 12 px"):
        load_data(root, options=ALL)


def test_masks_of_one_class_are_no_maps(tmp_path):
    for name in "ab":
        save_picture(tmp_path / "images" / f"{name}.png")
        save_mask(tmp_path / "annotations" / f"{name}.png", (1, 1, 4, 4))
    with pytest.raises(DataError, match="hold one class only"):
        load_data(tmp_path)


@pytest.mark.parametrize(
    ("names", "words"), [("a\nb\na\n", "names a twice"), ("a" * 2000, "has 1 lines"), ("x", "pixels of number 1")]
)
def test_lists_of_names_that_cannot_be(tmp_path, names, words):
    root = class_map_folder(tmp_path)
    (root / "classes.txt").write_text(names)
    with pytest.raises(DataError, match=words):
        load_data(root)


def test_masks_with_class_folders_stay_masks_of_objects(tmp_path):
    for kind in ("images", "masks"):
        class_folders(tmp_path / kind, {"cat": 4, "dog": 4})
    (tmp_path / "classes.txt").write_text("background\ncat\n")
    assert load_data(tmp_path, options=ALL).map_labels == ()


def test_boxes_of_pascal_voc_in_other_folders_are_told_apart(tmp_path):
    save_picture(tmp_path / "images" / "a.png")
    annotate(tmp_path / "annotations" / "a.xml", ("cat", (1, 1, 6, 5)))
    with pytest.raises(
        DataError, match="annotations holds XML files, as Pascal VOC has them; call the folders as it does"
    ):
        load_data(tmp_path)


def test_cutting_and_splitting_say_that_they_cannot(tmp_path):
    with pytest.raises(DataError, match="holds maps of classes and stays as it is"):
        read_contents(class_map_folder(tmp_path))
