"""An explanation is consistent with itself."""

import json
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from PIL import Image

from tests.explanations import explanation, photograph
from vitxplain.errors import OptionError
from vitxplain.explanation.image_mark import image_mark


def test_values_fit_their_axes():
    with pytest.raises(ValueError, match=r"shape \(3, 5\) cannot have the axes 'layer head row column'"):
        explanation(np.zeros((3, 5)), "layer head row column")


def test_height_and_width_are_not_swapped():
    made = explanation()
    with pytest.raises(ValueError, match=r"90 x 60 pixels \(height x width\), its geometry says \(60, 90\)"):
        made.__class__(**{**vars(made), "image": photograph(90, 60)})


def test_it_does_not_change():
    with pytest.raises(FrozenInstanceError):
        explanation().method = "other"


def test_a_path_with_the_ending_of_a_format_is_one_file(tmp_path):
    assert explanation().save(tmp_path / "new" / "cat.PNG") == [tmp_path / "new" / "cat.PNG"]
    assert (tmp_path / "new" / "cat.PNG").read_bytes().startswith(b"\x89PNG")
    assert json.loads(explanation().save(tmp_path / "cat.json")[0].read_text())["method"] == "grad-cam"
    (tmp_path / "folder.npz").mkdir()
    (path,) = explanation().save(tmp_path / "folder.npz", formats="json")
    assert path == tmp_path / "folder.npz" / "image.grad-cam.json"


def test_as_a_dict_it_is_the_json_that_is_saved(tmp_path):
    made = explanation(provenance={"input": "cat.png", "share": np.float32("nan")})
    (path,) = made.save(tmp_path, formats="json")
    assert json.loads(json.dumps(made.to_dict(), allow_nan=False)) == json.loads(path.read_text()) == made.to_dict()
    assert (made.to_dict()["method"], made.to_dict()["share"]) == ("grad-cam", None)


def test_its_repr_is_one_line_of_what_matters():
    said = repr(explanation())
    assert said.startswith("<Explanation grad-cam: ")
    assert "; values row " in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("source", "stem"),
    [(None, "image"), ("pictures/cat.jpg", "cat"), ("https://example.org/a/dog.png", "dog"), ("", "image")],
)
def test_saved_under_the_name_of_its_input(tmp_path, source, stem):
    made = explanation(provenance={"input": source})
    assert [path.name for path in made.save(tmp_path, formats="json, npz")] == [
        f"{stem}.grad-cam.json",
        f"{stem}.grad-cam.npz",
    ]
    assert [path.name for path in made.save(tmp_path, stem="mine", formats="json")] == ["mine.grad-cam.json"]


def test_images_of_one_name_in_several_folders_do_not_overwrite_each_other(tmp_path):
    for folder in ("a", "b", "a"):
        explanation(provenance={"input": f"{folder}/cat.jpg"}).save(tmp_path, formats="npz,json")
    saved = {path.name: json.loads(path.read_text())["input"] for path in tmp_path.glob("*.json")}
    assert saved == {"cat.grad-cam.json": "a/cat.jpg", "cat-2.grad-cam.json": "b/cat.jpg"}


@pytest.mark.parametrize("form", ["png", "pdf", "svg"])
def test_pictures_alone_of_images_of_one_name_do_not_overwrite_each_other(tmp_path, form):
    names = [
        explanation(provenance={"input": source}).save(tmp_path, formats=[form])[0].name
        for source in ("a/cat.jpg", "b/cat.jpg", "a/cat.jpg", "b/cat.jpg", "c/cät.jpg")
    ]
    assert names == [f"{stem}.grad-cam.{form}" for stem in ("cat", "cat-2", "cat", "cat-2", "cät")]
    assert not any(b"a/cat" in path.read_bytes() for path in tmp_path.iterdir())  # a picture is given to others


def test_a_picture_that_is_not_ours_is_no_other_image(tmp_path):
    (tmp_path / "cat.grad-cam.png").write_bytes(b"no picture at all")
    (path,) = explanation(provenance={"input": "a/cat.jpg"}).save(tmp_path, formats="png")
    assert path.name == "cat.grad-cam.png"
    assert Image.open(path).text["Comment"] == image_mark("a/cat.jpg")


def test_the_colours_of_an_overlay_are_chosen_and_checked():
    made = explanation()
    assert made.overlay(cmap="gray").tobytes() != made.overlay().tobytes()
    with pytest.raises(OptionError, match=r"no option 'image_weight'; image_weight: write alpha="):
        made.overlay(image_weight="a")
    with pytest.raises(OptionError, match=r"alpha is 1.5; it takes a number from 0 to 1\."):
        made.overlay(1.5)
