"""vitx explain with detectors and segmenters: what was found is said, and each thing is a target."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vitxplain
from tests.cli.conftest import Said

Vitx = Callable[..., Said]
NUMBERS = ("--format", "npz,json", "--method", "grad-cam")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.npz"))


@pytest.fixture
def masks(photos: Path) -> Path:
    """mask.png fits cat.png (height 40, width 30), small.png does not, empty.png marks nothing."""
    marked = np.zeros((40, 30), np.uint8)
    Image.fromarray(marked).save("empty.png")
    marked[5:30, 3:20] = 255
    Image.fromarray(marked).save("mask.png")
    Image.fromarray(marked[:10]).save("small.png")
    return photos


def test_without_a_target_what_was_found_is_said_and_the_first_are_explained(
    vitx: Vitx, photos: Path, detector_folder: Path
):
    arguments = ("explain", "cat.png", "--model", detector_folder, *NUMBERS)
    said = vitx(*arguments)
    assert (said.code, said.err) == (0, "")
    count = len(names(photos / "vitx-out"))
    assert names(photos / "vitx-out") == [f"cat.grad-cam.object-{number}.npz" for number in range(count)]
    first = vitxplain.load("vitx-out/cat.grad-cam.object-0")
    assert 2 <= count == len(first.detections)
    lines = said.out.splitlines()
    assert lines[0] == f"cat.png  {count} objects"
    assert lines[1].split()[0] == "object:0"
    assert lines[1].endswith(f"box:{','.join(f'{side:.0f}' for side in first.target.box)}")
    assert lines[1 + count].startswith("  grad-cam for object-0, ")
    said = vitx(*arguments, "--top-k", 1, "--out", "one")
    assert names(photos / "one") == ["cat.grad-cam.object-0.npz"]
    assert f"1 of {count} explained; --target all explains each" in said.out
    vitx(*arguments, "--top-k", 1, "--target", "all", "--out", "each")
    assert len(names(photos / "each")) == count


def test_json_tells_task_target_and_what_was_found(vitx: Vitx, photos: Path, detector_folder: Path):
    said = vitx("explain", "cat.png", "--model", detector_folder, *NUMBERS, "--top-k", 1, "--json", "--min-score", 0)
    (line,) = said.json
    assert (line["schema"], line["task"], line["target"]["label"]) == (2, "object-detection", "object-0")
    assert len(line["found"]) == 5
    assert line["found"][0]["box"] == line["target"]["box"]
    record = json.loads(Path(line.pop("files")[1]).read_text())
    assert record == line


def test_targets_are_repeated_and_never_split(vitx: Vitx, photos: Path, detector_folder: Path):
    arguments = ("explain", "cat.png", "dog.jpg", "--model", detector_folder, *NUMBERS)
    said = vitx(*arguments, "--target", "object:1", "--target", "@15,25", "--target", "box:0,0,30,40")
    assert said.code == 0
    loaded = vitxplain.load("vitx-out/cat.grad-cam.object-1")
    direct = vitxplain.explain(str(detector_folder), "cat.png", "grad-cam", target="object:1")
    np.testing.assert_allclose(loaded.values, direct.values, rtol=1e-4, atol=1e-6)
    assert loaded.target == direct.target


def test_a_target_that_one_image_lacks_takes_no_other_with_it(vitx: Vitx, photos: Path, detector_folder: Path):
    arguments = ("explain", "cat.png", "missing.png", "--model", detector_folder, *NUMBERS)
    said = vitx(*arguments, "--target", "object:0", "--target", "object:9")
    assert said.code == 1
    assert names(photos / "vitx-out") == ["cat.grad-cam.object-0.npz"]
    assert "error: cat.png: target 'object:9' does not exist; found: object:0 " in said.err


def test_a_method_about_no_object_makes_one_map(vitx: Vitx, photos: Path, detector_folder: Path):
    arguments = ("explain", "cat.png", "--model", detector_folder, "--format", "npz", "--method", "rollout")
    assert vitx(*arguments).code == 0
    assert names(photos / "vitx-out") == ["cat.attention-rollout.npz"]


def test_segments_and_regions(vitx: Vitx, masks: Path, segmenter_folder: Path):
    arguments = ("explain", "cat.png", "--model", segmenter_folder, *NUMBERS)
    said = vitx(*arguments)
    assert "% of the image" in said.out.splitlines()[1]
    assert "cat.grad-cam.segment-0.npz" in names(masks / "vitx-out")
    regions = ("--target", "mask:mask.png", "--target", "box:0,0,20,20", "--target", "box:0,0,25,30")
    assert vitx(*arguments, *regions, "--out", "regions").code == 0
    labels = ("box-0,0,20,20", "box-0,0,25,30", "mask-mask")
    assert names(masks / "regions") == [f"cat.grad-cam.{label}.npz" for label in labels]
    marked = vitxplain.load("regions/cat.grad-cam.mask-mask")
    direct = vitxplain.explain(str(segmenter_folder), "cat.png", "grad-cam", target="mask:mask.png")
    np.testing.assert_array_equal(marked.target.region, direct.target.region)
    array = vitxplain.explain(
        str(segmenter_folder), "cat.png", "grad-cam", target=np.asarray(Image.open("mask.png")) > 0
    )
    np.testing.assert_array_equal(marked.target.region, array.target.region)


def test_the_segment_at_a_point_is_called_by_its_number(segmenter_folder: Path, photos: Path):
    segments = vitxplain.explain(str(segmenter_folder), "cat.png", "grad-cam", target="all")
    rows, columns = np.nonzero(segments[1].target.region)
    point = f"@{(columns[0] + 0.5) / 8 * 30},{(rows[0] + 0.5) / 8 * 40}"
    assert vitxplain.explain(str(segmenter_folder), "cat.png", "grad-cam", target=point).target.label == "segment-1"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--target", "object:9"], 1, "cat.png: target 'object:9' does not exist; found: object:0 "),
        (["--target", "star#7"], 1, "cat.png: target 'star#7': of star there is "),
        (["--target", "box:0,0,1,1"], 1, "cat.png: target 'box:0,0,1,1' overlaps nothing; found: object:0 "),
        (["--target", "@100,3"], 1, "cat.png: target '@100,3' lies outside the image of 30 x 40 px."),
        (["--target", "@29,0"], 1, "cat.png: target '@29,0' lies in no object; found: object:0 "),
        (
            ["--target", "mask:mask.png"],
            1,
            "cat.png: target 'mask:mask': a mask names no object of a detector; give the box round",
        ),
        (["--min-score", "1"], 1, "cat.png: the model found no object from min_score 1 on: the best is square, box"),
        (["--target", "zebra"], 2, "the model has no class named 'zebra'."),
        (["--target", "box:1,2,3"], 2, "target 'box:1,2,3' cannot be read; targets are object:0, "),
        (["--target", "mask:empty.png"], 2, "the mask empty.png is empty: all of it is 0;"),
        (["--target", "mask:gone.png"], 2, "there is no mask gone.png; give mask:FILE"),
        (["--min-score", "2"], 2, "min_score is 2.0; it takes a number from 0 to 1."),
    ],
)
def test_what_is_not_there_is_one_sentence(
    vitx: Vitx, masks: Path, detector_folder: Path, arguments: list[str], code: int, message: str
):
    said = vitx("explain", "cat.png", "--model", detector_folder, *NUMBERS, *arguments)
    assert said.code == code
    assert said.err.startswith(f"error: {message}")
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_a_mask_of_another_size(vitx: Vitx, masks: Path, segmenter_folder: Path):
    said = vitx("explain", "cat.png", "--model", segmenter_folder, *NUMBERS, "--target", "mask:small.png")
    assert said.code == 1
    assert said.err.startswith("error: cat.png: the mask of the target is 30 x 10 px and the image 30 x 40; give one")


def test_several_classes_of_a_classifier_are_files_by_name(vitx: Vitx, photos: Path, vit_folder: Path):
    arguments = ("explain", "cat.png", "--model", vit_folder, "--format", "npz,json", "--method", "grad-cam,rollout")
    said = vitx(*arguments, "--target", "star", "--target", "box")
    assert said.code == 0
    assert names(photos / "vitx-out") == [
        "cat.attention-rollout.npz",
        "cat.grad-cam.square.npz",
        "cat.grad-cam.star.npz",
    ]
    assert json.loads(Path("vitx-out/cat.grad-cam.star.json").read_text())["schema"] == 1
    assert "min_score is for models that find objects" in vitx(*arguments, "--min-score", "0.5").err


def test_several_maps_are_also_drawn_on_one_sheet(vitx: Vitx, photos: Path, detector_folder: Path):
    arguments = ("explain", "cat.png", "--model", detector_folder, "--format", "png", "--method", "grad-cam")
    said = vitx(*arguments, "--top-k", 2)
    pictures = sorted(path.name for path in Path("vitx-out").iterdir())
    assert pictures == ["cat.grad-cam.object-0.png", "cat.grad-cam.object-1.png", "cat.grad-cam.png"]
    assert said.out.splitlines()[-1] == "  grad-cam, all on one sheet → vitx-out/cat.grad-cam.png"
    vitx(*arguments, "--top-k", 1, "--out", "one")
    assert [path.name for path in Path("one").iterdir()] == ["cat.grad-cam.object-0.png"]


def test_the_sheet_of_typed_targets_leaves_the_picture_of_the_top_class_alone(
    vitx: Vitx, photos: Path, vit_folder: Path, detector_folder: Path
):
    arguments = ("explain", "cat.png", "--format", "png", "--method", "grad-cam", "--model")
    vitx(*arguments, vit_folder)
    single = Path("vitx-out/cat.grad-cam.png").read_bytes()
    said = vitx(*arguments, vit_folder, "--target", "star", "--target", "box~star")
    assert said.out.splitlines()[-1] == "  grad-cam, all on one sheet → vitx-out/cat.grad-cam.star+square~star.png"
    assert Path("vitx-out/cat.grad-cam.png").read_bytes() == single
    said = vitx(*arguments, detector_folder, "--target", "all")
    assert said.out.splitlines()[-1] == "  grad-cam, all on one sheet → vitx-out/cat.grad-cam.all.png"
