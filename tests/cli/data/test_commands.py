import json
from pathlib import Path

import numpy as np
import pytest

from tests.data.image_folders import class_folders, masked_folders, noise, save, voc_folder
from vitxplain.data.read_image import read_image


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_show_draws_and_counts(vitx, place):
    said = vitx("data", "show", "defects", "--limit", 20, "--count", 5, "-o", "data.classes=multi")
    assert said.code == 0
    assert "defects · train · 20 of 10,000 images" in said.out
    assert [line.split()[:2] for line in said.out.splitlines()[2:7]] == [
        [name, "4"] for name in ("good", "scratch", "spot", "crack", "blob")
    ]
    assert "5 images → vitx-out/defects.train.png" in said.out
    assert read_image(place / "vitx-out" / "defects.train.png").width > 400


def test_show_as_json(vitx, place):
    said = vitx("data", "show", voc_folder(place / "parts"), "--json", "--out", "sheet.png", "-o", "data.ratio=1,0,0")
    (record,) = said.json
    assert record["looked_at"] == record["object_known"] == 10
    dent, good = record["classes"]
    assert (dent["name"], dent["images"], dent["with_object"]) == ("dent", 6, 6)
    assert (good["name"], good["images"], good["with_object"], good["height"], good["width"]) == (
        "good",
        4,
        0,
        [60, 60],
        [80, 80],
    )
    assert record["file"] == "sheet.png"
    assert (place / "sheet.png").exists()


def test_show_counts_objects_and_pixels(vitx, place):
    said = vitx("data", "show", "scenes", "--limit", 6, "--count", 3, "-o", "data.size=64x64", "-o", "data.least=4")
    assert said.code == 0, said
    assert "Object   Objects   Images   Height × width   With mask   Ignored" in said.out
    assert "background        6" in said.out
    (record,) = vitx("data", "show", "scenes", "--limit", 6, "--count", 3, "--json").json
    assert [one["name"] for one in record["objects"]] == list("0123456789")
    assert sum(one["objects"] for one in record["objects"]) == sum(one["with_mask"] for one in record["objects"]) >= 6
    assert sum(one["share"] for one in record["class_map"]) == pytest.approx(1, abs=1e-4)
    assert read_image(place / "vitx-out" / "scenes.train.png").width > 300


def test_show_shows_all_of_a_folder_that_cannot_be_trained_on(vitx, place):
    folder = masked_folders(place / "photos", 4)
    for good in ("00.png", "02.png"):
        (folder / "images" / good).unlink()
        (folder / "masks" / good).unlink()
    said = vitx("data", "show", folder)
    assert said.code == 0, said
    assert "photos · test · 2 images" in said.out
    assert (
        "note: there is one class only, so all images are shown as test; vitx evaluate takes them with -o " in said.err
    )
    refused = vitx("data", "show", folder, "--split", "train")
    assert refused.code != 0
    assert "Explanations can be evaluated all the same: -o data.ratio=0,0,1" in refused.err


def test_show_says_that_nothing_is_known_of_objects(vitx, place):
    said = vitx("data", "show", class_folders(place / "pets"), "--split", "test")
    assert said.code == 0
    assert "It is not known where the objects are" in said.out
    assert "pets has no splits" in said.err.replace(str(place) + "/", "")


def test_show_is_the_same_each_time_and_another_with_another_seed(vitx, place):
    def sheet(seed: int) -> bytes:
        assert vitx("data", "show", "digits", "--limit", 30, "--count", 4, "--seed", seed, "-q").out == ""
        return (place / "vitx-out" / "digits.train.png").read_bytes()

    assert sheet(0) == sheet(0) != sheet(1)


@pytest.mark.filterwarnings("always::UserWarning")
def test_show_skips_a_damaged_image(vitx, place):
    folder = class_folders(place / "pets")
    file = folder / "dog" / "03.png"
    file.write_bytes(file.read_bytes()[:-30])
    said = vitx("data", "show", folder, "-o", "data.ratio=1,0,0")
    assert said.code == 0
    assert "03.png" in said.err
    assert vitx("data", "show", folder, "-o", "data.ratio=1,0,0", "--strict").code == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "defect"], 2, "Did you mean defects?"),
        (["show", "defects", "-o", "data.clases=multi"], 2, "Did you mean classes?"),
        (["show", "defects", "-o", "classes=multi"], 2, "write -o data.key=value"),
        (["split", "pets", "--out", "out", "--ratio", "80,x"], 2, "--ratio is '80,x'"),
        (["split", "pets", "--out", "out", "--ratio", "80,20"], 2, "--ratio is '80,20'; it takes three shares"),
        (["split", "pets", "--out", "out", "--ratio", "0,0,0"], 2, "three shares"),
        (["split", "pets", "--out", "pets"], 1, "lie one in the other"),
        (["split", "nowhere", "--out", "out"], 2, "there is no folder"),
        (["tile", "pets", "--out", "out", "--size", "8"], 2, "does not say where the defects are"),
        (["tile", "parts", "--out", "out", "--size", "big"], 2, "'big' is no image size"),
        (["tile", "parts", "--out", "out", "--size", "8", "--overlap", "1"], 2, "overlap is 1"),
        (["tile", "parts", "--out", "out", "--size", "99x20"], 2, "smaller than a tile of 99 x 20 px"),
    ],
)
def test_what_is_wrong_is_said(arguments, code, said, vitx, place):
    class_folders(place / "pets", 3, 3)
    masked_folders(place / "parts", 2, (32, 32))
    result = vitx("data", *arguments)
    assert result.code == code
    assert said in result.err
    assert sorted(file.name for file in place.iterdir()) == ["parts", "pets"]


def test_split_prints_counts(vitx, place):
    class_folders(place / "pets")
    said = vitx("data", "split", "pets", "--out", "out")
    assert said.code == 0
    assert [line.split() for line in said.out.splitlines()] == [
        ["Class", "Train", "Validation", "Test"],
        ["cat", "16", "2", "2"],
        ["dog", "8", "1", "1"],
        ["all", "24", "3", "3"],
        ["→", "out"],
    ]
    again = vitx("data", "split", "pets", "--out", "out", "--overwrite", "--json", "--ratio", "50,25,25", "--link")
    assert again.json[0]["images"]["train"] == {"cat": 10, "dog": 5}
    assert vitx("data", "split", "pets", "--out", "out").code == 1
    assert vitx("data", "split", "pets", "--out", "other", "--quiet").out == ""
    uneven = vitx("data", "split", "pets", "--out", "uneven", "--ratio", "60,39,1")
    assert uneven.err == "note: test got no image; there are too few for this share.\n"
    assert (
        "--ratio 5,2,1 adds up to 8; taken as 62.5%, 25.0%, 12.5%."
        in vitx("data", "split", "pets", "--out", "eighths", "--ratio", "5,2,1").err
    )


def test_split_then_tile_then_show(vitx, place):
    masked_folders(place / "parts")
    assert vitx("data", "split", "parts", "--out", "split", "--ratio", "50,25,25").code == 0
    said = vitx("data", "tile", "split", "--out", "tiles", "--size", "48x40", "--centre-on-defects")
    assert said.code == 0
    assert "tiles of 10 images → tiles" in said.out
    assert "one split" not in said.err
    assert vitx("data", "show", "tiles", "--split", "test").code == 0


def test_tile_reminds_of_the_split(vitx, place):
    masked_folders(place / "parts")
    said = vitx("data", "tile", "parts", "--out", "tiles", "--size", "48", "--min-defect-share", "0.05")
    assert "`vitx data split tiles` keeps them in one split" in said.err
    assert "tiles left out: less than 5% of them is defect" in said.out
    record = vitx("data", "tile", "parts", "--out", "tiles", "--size", "48", "--json", "--overwrite").json[0]
    assert set(record["tiles"]) == {"good", "defect"}
    assert record["images"] == 10
    assert json.dumps(record["out"]) == '"tiles"'


def test_a_sheet_of_many_classes_is_about_square(vitx, place):
    for number in range(100):
        save(place / "many" / f"{number:03d}" / "a.png", noise(number))
    assert vitx("data", "show", "many", "-o", "data.ratio=1,0,0", "--count", 100, "--out", "many.png", "-q").code == 0
    sheet = read_image(place / "many.png")
    assert 0.6 < sheet.height / sheet.width < 1.6


def test_a_white_image_ends_somewhere(vitx, place):
    for word in ("a", "b"):
        save(place / "white" / word / "a.png", np.full((20, 20, 3), 255, np.uint8))
    said = vitx("data", "show", "white", "--split", "test", "-o", "data.ratio=0,0,1", "--count", 1)
    assert "1 image → vitx-out/white.test.png" in said.out
    sheet = np.asarray(read_image(place / "vitx-out" / "white.test.png"))[150:]
    assert (sheet < 200).any(axis=(0, 2)).sum() > 100  # a line below it
