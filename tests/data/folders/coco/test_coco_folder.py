"""Folders annotated as COCO does: objects with names, boxes and masks, whatever lies where."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.data.folders.coco.coco_files import coco, entry, image, write
from tests.data.stored import save_picture
from vitxplain.data.load import load_data
from vitxplain.data.sample import Box, ExactBox
from vitxplain.data.tools.contents import read_contents
from vitxplain.errors import DataError, ImageError

ALL = {"ratio": "0,0,1"}


def test_objects_come_with_names_boxes_and_masks(tmp_path):
    data = load_data(coco(tmp_path), options=ALL)
    assert data.object_labels == ("cat", "toothbrush 🪥")
    assert data.labels == (*data.object_labels, "none")
    first, crowd, nothing = data
    assert [one.name for one in first.objects] == ["cat", "cat", "toothbrush 🪥"]
    assert first.objects[0].box == ExactBox(1, 2, 5.5, 5)
    assert first.objects[0].mask.sum() == 12
    assert first.objects[2].mask is None
    assert (crowd.objects[0].ignore, crowd.objects[0].mask.sum()) == (True, 30)
    assert nothing.objects == ()


def test_the_class_of_an_image_is_that_of_its_largest_object(tmp_path):
    data = load_data(coco(tmp_path), options=ALL)
    first, crowd, nothing = data
    assert [data.labels[one.label] for one in data] == ["cat", "toothbrush 🪥", "none"]
    assert first.boxes == (Box(1, 2, 6, 5), Box(6, 6, 8, 8))
    assert (first.mask == first.objects[0].mask | first.objects[1].mask).all()
    assert crowd.mask.sum() == 30
    assert (nothing.boxes, nothing.mask.any()) == ((), False)
    assert load_data(tmp_path, options={**ALL, "empty": "good"}).labels[-1] == "good"


def test_where_a_mask_is_missing_boxes_say_where_the_class_is(tmp_path):
    root = coco(tmp_path)
    content = json.loads((root / "instances.json").read_text("utf-8"))
    content["annotations"][1].pop("segmentation")
    (root / "instances.json").write_text(json.dumps(content), "utf-8")
    sample = load_data(root, options=ALL)[0]
    assert sample.mask is None
    assert sample.object_mask().sum() == 15 + 4


@pytest.mark.parametrize(
    ("annotations", "images"),
    [
        ("annotations/instances_{}2017.json", "{}2017"),
        ("annotations/instances_{}2017.json", "images/{}2017"),
        ("{}/_annotations.coco.json", "{}"),
        ("annotations/{}.json", "{}/images"),
    ],
)
def test_splits_and_images_are_found_where_people_put_them(tmp_path, annotations, images):
    for number, split in enumerate(("train", "val")):
        save_picture(tmp_path / images.format(split) / "a.png", number)  # the same name in each
        write(tmp_path / annotations.format(split), [image(1, "a.png")], [entry(1, 1)])
    (tmp_path / "annotations").mkdir(exist_ok=True)
    (tmp_path / "annotations" / "captions_train2017.json").write_text('{"images": [], "annotations": []}')
    if "instances" not in annotations:
        (tmp_path / "annotations" / "captions_train2017.json").unlink()
    training, validation = load_data(tmp_path, "train"), load_data(tmp_path, "validation")
    assert [one.name for one in training] == [f"{images.format('train')}/a.png"]
    assert [one.name for one in validation] == [f"{images.format('val')}/a.png"]


def test_one_name_alone_can_be_learnt_to_be_found(tmp_path):
    save_picture(tmp_path / "a.png")
    write(
        tmp_path / "instances.json",
        [image(1, "a.png")],
        [entry(1, 1)],
        [{"id": 1, "name": "x"}, {"id": 3, "name": "y"}],
    )
    data = load_data(tmp_path, "train", options={"ratio": "1,0,0"})
    assert data[0].objects[0].name == "y"
    assert "has no object called x" in " ".join(data.notes)


@pytest.mark.parametrize("written", ["/home/me/a.png", "../../upload/a.png", "C:\\data\\a.png", ".\\deep\\a.png"])
def test_paths_of_other_machines_count_by_their_names(tmp_path, written):
    save_picture(tmp_path / "deep" / "a.png")
    write(tmp_path / "instances.json", [image(1, written)], [entry(1, 1)])
    assert [one.name for one in load_data(tmp_path, options=ALL)] == ["deep/a.png"]


def test_nothing_outside_the_folder_is_read(tmp_path):
    save_picture(tmp_path / "secret.png")
    save_picture(tmp_path / "set" / "b.png")
    images = [image(1, "../secret.png"), image(2, str(tmp_path / "secret.png")), image(3, "b.png")]
    write(tmp_path / "set" / "instances.json", images[1:], [entry(1, 3)])
    with pytest.warns(UserWarning, match="1 of the 2 images .* is left out"):
        data = load_data(tmp_path / "set", options=ALL)
    assert [one.name for one in data] == ["b.png"]
    write(tmp_path / "set" / "instances.json", images[:1], [])
    with pytest.raises(DataError, match="none of the 1 images"):
        load_data(tmp_path / "set", options=ALL)


def test_missing_images_are_left_out_and_named(tmp_path):
    root = coco(tmp_path)
    (root / "images" / "1.png").unlink()
    with pytest.warns(UserWarning, match=r"1 of the 3 images of the test split of .* is left out: .*1\.png"):
        assert len(load_data(root, options=ALL)) == 2
    with pytest.raises(ImageError, match=r"1\.png"):
        load_data(root, options=ALL, strict=True)


def test_a_missing_image_is_not_one_of_its_name_in_another_split(tmp_path):
    for folder, names in {"train2017": "ab", "val2017": "ac"}.items():
        for name in names:
            save_picture(tmp_path / folder / f"{name}.png")
    for split in ("train", "val"):
        file = tmp_path / "annotations" / f"instances_{split}2017.json"
        write(file, [image(1, "a.png"), image(2, "b.png"), image(3, "d.png")], [entry(1, 1), entry(2, 2)])
    with pytest.warns(UserWarning, match=r"1 of the 3 images of the train split .* is left out: .*d\.png"):
        assert [one.name for one in load_data(tmp_path, "train")] == ["train2017/a.png", "train2017/b.png"]
    with pytest.warns(UserWarning, match=r"2 of the 3 images of the validation split .* are left out: .*b\.png"):
        assert [one.name for one in load_data(tmp_path, "validation")] == ["val2017/a.png"]
    written = [image(1, "a.png"), image(2, "train2017/b.png")]  # who says where it is, is believed
    write(tmp_path / "annotations" / "instances_train2017.json", [image(3, "a.png")], [entry(1, 3)])
    write(tmp_path / "annotations" / "instances_val2017.json", written, [entry(1, 1)])
    names = [one.name for one in load_data(tmp_path, "validation")]
    assert names == ["val2017/a.png", "train2017/b.png"]


def test_names_that_fit_several_images_are_not_guessed(tmp_path):
    for folder in ("a", "b"):
        save_picture(tmp_path / folder / "1.png")
    write(tmp_path / "instances.json", [image(1, "1.png")], [entry(1, 1)])
    with pytest.raises(DataError, match=r"instances\.json, image 1: 1\.png may be a/1\.png or b/1\.png"):
        load_data(tmp_path)
    write(tmp_path / "instances.json", [image(1, "b/1.png"), image(2, "b/1.png")], [entry(1, 1)])
    with pytest.raises(DataError, match=r"image 2 is b/1\.png, as .*instances\.json, image 1 is"):
        load_data(tmp_path)


def test_annotations_of_other_versions_of_the_images_are_refused(tmp_path):
    save_picture(tmp_path / "a.png")
    write(tmp_path / "instances.json", [image(1, "a.png", width=24)], [entry(1, 1)])
    with pytest.raises(
        DataError, match=r"a\.png are of an image of 10 x 24 px \(height x width\), which is 10 x 12 px"
    ):
        load_data(tmp_path, options=ALL)
    write(tmp_path / "instances.json", [image(1, "a.png")], [entry(1, 1, box=(12, 0, 3, 3))])
    with pytest.raises(DataError, match=r"the box 12, 0, 15, 3 .* of cat on .*a\.png lies outside"):
        load_data(tmp_path, options=ALL)
    runs = {"size": [12, 10], "counts": [120]}
    bare = {"id": 1, "file_name": "a.png"}
    write(tmp_path / "instances.json", [bare], [entry(1, 1, segmentation=runs)])
    with pytest.raises(DataError, match="are of an image of 12 x 10 px"):
        load_data(tmp_path, options=ALL)


def test_boxes_are_cut_at_the_edges(tmp_path):
    save_picture(tmp_path / "a.png")
    write(tmp_path / "instances.json", [image(1, "a.png")], [entry(1, 1, box=(-2, 5.5, 40, 40))])
    sample = load_data(tmp_path, options=ALL)[0]
    assert sample.objects[0].box == (0, 5.5, 12, 10)
    assert sample.boxes == (Box(0, 5, 12, 10),)


def test_folders_of_other_json_stay_what_they_are(tmp_path):
    for name in ("cat/1.png", "dog/1.png", "dog/2.png"):
        save_picture(tmp_path / name)
    (tmp_path / "results.json").write_text('{"accuracy": 0.5}')
    (tmp_path / "list.json").write_text("[1, 2]")
    assert load_data(tmp_path, options=ALL).labels == ("cat", "dog")


def test_cutting_and_splitting_say_that_they_cannot(tmp_path):
    with pytest.raises(DataError, match="holds annotations as COCO has them"):
        read_contents(coco(tmp_path))


@pytest.mark.real
def test_masks_of_photographs_come_back(shared_folder: Path, tmp_path):
    """Masks on disk, written as runs: the objects read are the masks."""
    table = load_data(shared_folder / "data" / "coco128-objects", options=ALL)
    rows = [table[index] for index in range(6)]
    images, entries, kinds = [], [], {}
    for number, row in enumerate(rows, 1):
        name = f"{number}.jpg"
        row.image.save(tmp_path / name)
        flat = np.r_[False, row.mask.ravel(order="F"), False]
        edges = np.flatnonzero(np.diff(flat.astype(np.int8)))
        counts = np.diff(np.r_[0, edges, row.mask.size]).tolist()
        word = table.labels[row.label]
        images.append({"id": number, "file_name": name, "height": row.image.height, "width": row.image.width})
        runs = {"size": [row.image.height, row.image.width], "counts": counts}
        entries.append(entry(number, number, kinds.setdefault(word, 10 * len(kinds) + 3), (), segmentation=runs))
    write(tmp_path / "instances.json", images, entries, [{"id": key, "name": word} for word, key in kinds.items()])
    data = load_data(tmp_path, options=ALL)
    for row, sample in zip(rows, data, strict=True):
        (only,) = sample.objects
        assert only.name == table.labels[row.label]
        np.testing.assert_array_equal(only.mask, row.mask)
        rows_of, columns = np.nonzero(row.mask)
        assert only.box == (columns.min(), rows_of.min(), columns.max() + 1, rows_of.max() + 1)
