"""vitx explain: what is written, said and returned."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import vitxplain
from tests.cli.conftest import Said
from tests.models.tiny_vit import save_tiny_vit
from vitxplain.cli.explain import job
from vitxplain.explanation.storage import save

Vitx = Callable[..., Said]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_one_image(vitx: Vitx, photos: Path, vit_folder: Path):
    said = vitx("explain", "cat.png", "--model", vit_folder, "--method", "rollout")
    assert said.code == 0
    assert said.err == ""
    assert names(photos / "vitx-out") == [f"cat.attention-rollout.{ending}" for ending in ("json", "npz", "png")]
    first, second = said.out.splitlines()
    assert first.startswith("cat.png  ")
    assert all(name in first for name in ("circle", "square", "star", "%"))
    assert second == "  attention-rollout → vitx-out/cat.attention-rollout.png .npz .json"


def test_a_file_is_named_for_a_single_result(vitx: Vitx, photos: Path, vit_folder: Path):
    single = ("explain", "cat.png", "--model", vit_folder, "--out", "out/map.png")
    assert vitx(*single, "--method", "rollout").out.endswith("  attention-rollout → out/map.png\n")
    assert names(photos / "out") == ["map.png"]
    with Image.open(photos / "out" / "map.png") as picture:
        assert picture.format == "PNG"
    several = vitx(*single, "--method", "rollout,grad-cam")
    assert several.code == 2
    assert "--out out/map.png names one file, and 2 results come; give a folder." in several.err
    both = vitx(*single, "--format", "npz")
    assert both.code == 2
    assert "leave --format out, or give a folder" in both.err


def test_files_hold_what_python_returns(vitx: Vitx, photos: Path, vit_folder: Path):
    vitx("explain", "cat.png", "--model", vit_folder, "--method", "grad-cam", "--target", "star", "--out", "out")
    loaded = vitxplain.load("out/cat.grad-cam.star")
    direct = vitxplain.explain(str(vit_folder), "cat.png", "grad-cam", target="star")
    np.testing.assert_array_equal(loaded.values, direct.values)
    assert loaded.target == direct.target
    record = json.loads(Path("out/cat.grad-cam.star.json").read_text())
    assert record["input"] == "cat.png"
    assert record["model"]["id"] == str(vit_folder)
    assert record["schema"] == 1


def test_default_method_is_chosen_by_the_model(vitx: Vitx, photos: Path, vit_folder: Path, cnn_folder: Path):
    vitx("explain", "cat.png", "--model", vit_folder, "--format", "json")
    vitx("explain", "cat.png", "--model", cnn_folder, "--format", "json")
    assert names(photos / "vitx-out") == ["cat.affinity-attention.json", "cat.grad-cam.json"]


@pytest.mark.parametrize(
    "spelling", [["--method", "rollout,grad-cam"], ["--methods", "rollout", "--method", "GradCAM"]]
)
def test_several_methods(vitx: Vitx, photos: Path, vit_folder: Path, spelling: list[str]):
    said = vitx("explain", "cat.png", "--model", vit_folder, *spelling, "--format", "npz", "--out", "out")
    assert said.code == 0
    assert names(photos / "out") == ["cat.attention-rollout.npz", "cat.grad-cam.npz"]


def test_folders_patterns_and_equal_names(vitx: Vitx, photos: Path, vit_folder: Path):
    said = vitx(
        "explain", "dog.jpg", "more", "**/c*.png", "--model", vit_folder, "--format", "json", "--method", "rollout"
    )
    assert said.code == 0
    inputs = {path.name: json.loads(path.read_text())["input"] for path in (photos / "vitx-out").iterdir()}
    assert inputs == {
        "dog.attention-rollout.json": "dog.jpg",
        "cat.attention-rollout.json": "more/cat.png",
        "cat-2.attention-rollout.json": "cat.png",
        "cat-3.attention-rollout.json": "more/cat.png",
    }
    assert said.out.splitlines()[-1] == "4 images, 4 maps in vitx-out"


def test_a_rerun_overwrites_its_own_names(vitx: Vitx, photos: Path, vit_folder: Path):
    for _ in range(2):
        assert vitx("explain", "cat.png", "--model", vit_folder, "--method", "rollout", "--format", "json").code == 0
    assert names(photos / "vitx-out") == ["cat.attention-rollout.json"]


def test_batches_change_nothing(vitx: Vitx, photos: Path, vit_folder: Path):
    for size in (1, 3):
        said = vitx(
            "explain", "cat.png", "dog.jpg", "more", "--model", vit_folder, "--batch-size", size, "--out", f"{size}"
        )
        assert said.code == 0
    for name in ("cat", "dog", "cat-2"):
        one, three = (vitxplain.load(f"{size}/{name}") for size in (1, 3))
        np.testing.assert_allclose(one.values, three.values, rtol=1e-4, atol=1e-7)


def test_json_is_all_there_is_on_stdout(vitx: Vitx, photos: Path, vit_folder: Path):
    said = vitx("explain", "cat.png", "broken.png", "--model", vit_folder, "--methods", "rollout,grad-cam", "--json")
    assert said.code == 1
    assert {(line["input"], line["method"]) for line in said.json} == {
        (name, method) for name in ("cat.png", "broken.png") for method in ("attention-rollout", "grad-cam")
    }
    for line in said.json:
        if line["input"] == "broken.png":
            assert line.keys() == {"input", "method", "error"}
            assert "broken.png is damaged or incomplete" in line["error"]
        else:
            saved = json.loads(Path(line.pop("files")[2]).read_text())
            assert line == saved
    assert "error: broken.png is damaged" in said.err


def test_quiet(vitx: Vitx, photos: Path, vit_folder: Path):
    said = vitx("explain", "cat.png", "broken.png", "--model", vit_folder, "--quiet")
    assert said.out == ""
    assert said.err.startswith("error: broken.png is damaged")


def test_target_of_a_method_that_is_about_no_class_is_noted(vitx: Vitx, photos: Path, vit_folder: Path):
    arguments = ("explain", "cat.png", "--model", vit_folder, "--target", "star", "--method")
    assert "--target changes nothing about attention-rollout" in vitx(*arguments, "rollout,grad-cam").err
    assert "note" not in vitx(*arguments, "grad-cam").err
    assert vitx(*arguments, "rollout", "--quiet").err == ""


def test_top_k_and_target(vitx: Vitx, photos: Path, vit_folder: Path):
    arguments = ("explain", "cat.png", "--model", vit_folder, "--method", "grad-cam")
    said = vitx(*arguments, "--top-k", 1, "--target", "box", "--json")
    (line,) = said.json
    assert len(line["prediction"]) == 1
    assert (line["target"]["index"], line["target"]["name"]) == (1, "square, box")
    said = vitx(*arguments, "--target", "1")
    assert "grad-cam for square (" in said.out


@pytest.mark.parametrize(("typed", "label"), [("star", "star"), ("1", "square"), ("box~0", "square~circle")])
def test_a_class_that_was_typed_names_the_files(vitx: Vitx, photos: Path, vit_folder: Path, typed: str, label: str):
    vitx("explain", "cat.png", "--model", vit_folder, "--method", "grad-cam,rollout", "--target", typed, "--out", "out")
    stems = ("cat.attention-rollout", f"cat.grad-cam.{label}")
    assert names(Path("out")) == [f"{stem}.{ending}" for stem in stems for ending in ("json", "npz", "png")]
    pair = (
        vitxplain.explain(str(vit_folder), "cat.png", "grad-cam", target=typed).target,
        vitxplain.load(f"out/cat.grad-cam.{label}").target,
    )
    target, stored = (
        replace(one, probability=0.0, against=one.against and replace(one.against, probability=0.0)) for one in pair
    )
    assert stored == target


def width_of(path: Path) -> int:
    with Image.open(path) as picture:
        return picture.width


def test_style_of_the_picture(vitx: Vitx, photos: Path, vit_folder: Path):
    arguments = ("explain", "cat.png", "--model", vit_folder, "--method", "grad-cam,rollout")
    vitx(*arguments)
    assert vitx(*arguments, "--style", "strip").code == 0
    for method in ("grad-cam", "attention-rollout"):
        plain, strip = (width_of(Path(f"vitx-out/cat.{method}{style}.png")) for style in ("", ".strip"))
        assert strip > plain
    assert vitxplain.load("vitx-out/cat.grad-cam.strip.png").method == "grad-cam"


def test_a_style_that_does_not_fit_a_method(vitx: Vitx, photos: Path, vit_folder: Path):
    arguments = ("explain", "cat.png", "--model", vit_folder, "--style", "heads", "--method")
    said = vitx(*arguments, "rollout,raw-attention")
    assert said.code == 1
    assert said.err == (
        "error: attention-rollout gives one value for each of row x column; layers and heads need a map each, "
        "as raw-attention gives.\n"
    )
    assert [path.name for path in Path("vitx-out").glob("*.png")] == ["cat.raw-attention.heads.png"]
    assert vitx(*arguments, "rollout").code == 2


def test_a_style_of_values_that_one_method_gives_takes_that_method(vitx: Vitx, photos: Path, vit_folder: Path):
    assert vitx("explain", "cat.png", "--model", vit_folder, "--style", "head-distance").code == 0
    assert [path.name for path in Path("vitx-out").glob("*.png")] == ["cat.head-distance.head-distance.png"]
    said = vitx("explain", "cat.png", "--model", vit_folder, "--style", "sampling-points")
    assert (said.code, said.err.partition(",")[0]) == (
        2,
        "error: sampling-points needs decoder queries and sampling points",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--style", "strp"), "there is no picture style 'strp'; did you mean strip?"),
        (
            ("--style", "strip", "--format", "npz"),
            "--style strip is about the picture, and --format npz has none: add png, pdf or svg.",
        ),
        (
            ("--width", "page", "--format", "npz,csv"),
            "--width page is about the picture, and --format npz,csv has none: add png, pdf or svg.",
        ),
        (("--cmap", "gray", "--format", "parquet"), "--cmap gray is about pictures, and --format parquet writes none."),
        (("--cmap", "virids"), "there is no colour map 'virids'; did you mean viridis or viridis_r or cividis?"),
        (
            ("--cmap", "gray", "--style", "brightness"),
            "the picture style brightness has no option 'cmap': its colours are its own; those with a colour map are "
            "overlay, additive, signed, strip, heads, position-similarity.",
        ),
        (("--dpi", "0"), "dpi is 0.0; it takes dots an inch, 1 to 2400, such as 300."),
        (
            ("--title", "a cat", "--format", "npz"),
            "--title 'a cat' is about the picture, and --format npz has none: add png, pdf or svg.",
        ),
        (
            ("--width", "colunm"),
            "width is 'colunm'; it takes inches, above 0 and at most 40, "
            '"column" (3.25 inches) or "page" (6.75 inches).',
        ),
    ],
)
def test_a_picture_that_cannot_be(vitx: Vitx, photos: Path, vit_folder: Path, arguments: tuple[str, ...], message: str):
    said = vitx("explain", "cat.png", "--model", vit_folder, *arguments)
    assert (said.code, said.err) == (2, f"error: {message}\n")


def test_pictures_have_the_width_and_the_colours_that_were_typed(vitx: Vitx, photos: Path, vit_folder: Path):
    arguments = ["--model", vit_folder, "--target", "0", "--target", "1", "--width", "4", "--cmap", "gray"]
    said = vitx("explain", "cat.png", *arguments, "--format", "png,svg")
    assert said.code == 0, said.err
    pictures = sorted((photos / "vitx-out").glob("*.png"))
    assert len(pictures) == 3  # a map each, and the sheet of both
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.width == 4 * 120
            assert np.ptp(np.asarray(picture.convert("RGB"), int)[:, 240:440], axis=-1).max() < 40, path
    assert 'width="288pt"' in next((photos / "vitx-out").glob("*.svg")).read_text("utf-8")


def test_pictures_have_the_title_and_the_resolution_that_were_typed(vitx: Vitx, photos: Path, vit_folder: Path):
    arguments = ["--model", vit_folder, "--target", "0", "--target", "1", "--format", "png,svg", "--width", "4"]
    said = vitx("explain", "cat.png", *arguments, "--title", "My cat", "--dpi", "60")
    assert said.code == 0, said.err
    assert "caption" not in said.out
    pictures = sorted((photos / "vitx-out").glob("*.png"))
    assert [width_of(path) for path in pictures] == [4 * 60] * 3  # a map each, and the sheet of both
    assert all(">My cat<" in path.read_text("utf-8") for path in (photos / "vitx-out").glob("*.svg"))


def test_pictures_without_a_title_come_with_a_caption(vitx: Vitx, photos: Path, vit_folder: Path):
    arguments = ("explain", "cat.png", "--model", vit_folder, "--method", "rollout")
    said = vitx(*arguments, "--title", "", "--out", "fig.svg")
    assert said.code == 0, said.err
    made = vitxplain.explain(str(vit_folder), "cat.png", "rollout").caption()
    assert f"caption: {made}" in " ".join(said.out.split())
    assert "attention-rollout" not in Path("fig.svg").read_text("utf-8")


def test_a_percentile_cuts_the_picture_and_not_the_numbers(vitx: Vitx, photos: Path, vit_folder: Path):
    arguments = ("explain", "cat.png", "--model", vit_folder, "--method", "rollout", "--format", "svg,npz,json")
    said = vitx(*arguments, "--percentile", "90")
    assert said.code == 0, said.err
    assert "percentile 90" in next((photos / "vitx-out").glob("*.svg")).read_text("utf-8")
    stored = vitxplain.load(next((photos / "vitx-out").glob("*.npz")))
    assert np.array_equal(stored.values, vitxplain.explain(str(vit_folder), "cat.png", "rollout").values)
    said = vitx("explain", "cat.png", "--model", vit_folder, "--method", "rollout", "--percentile", "101")
    assert (said.code, "101" in said.err) == (2, True)


def test_options(vitx: Vitx, photos: Path, vit_folder: Path):
    said = vitx(
        *("explain", "cat.png", "--model", vit_folder, "--method", "rollout,gradient-rollout,raw-attention", "--json"),
        *("-o", "start_layer=1", "-o", "rollout.head_fusion=max", "--option", "head=mean", "-o", "query=2,3"),
    )
    assert said.code == 0
    options = {line["method"]: line["options"] for line in said.json}
    assert options["attention-rollout"]["start_layer"] == options["gradient-rollout"]["start_layer"] == 1
    assert options["attention-rollout"]["head_fusion"] == "max"
    assert options["raw-attention"] == {"layer": None, "head": "mean", "query": "2,3", "mass": None}


def test_another_input_size(vitx: Vitx, photos: Path, vit_folder: Path, cnn_folder: Path):
    said = vitx("explain", "cat.png", "--model", cnn_folder, "--image-size", "64x96", "--json", "--method", "cam")
    (line,) = said.json
    assert line["geometry"]["input_size"] == [64, 96]
    assert vitxplain.load(line["files"][0]).values.shape == (8, 12)


def test_a_regression_is_said_as_a_value_and_with_a_sigmoid_as_a_probability(vitx: Vitx, photos: Path):
    folder = save_tiny_vit(photos / "age", id2label={0: "age"}, label2id={"age": 0}, problem_type="regression")
    arguments = ("explain", "cat.png", "--model", folder, "--method", "rollout", "--format", "json")
    said = vitx(*arguments)
    assert "age value " in said.out
    assert "%" not in said.out
    (line,) = vitx(*arguments, "--json").json
    assert line["prediction"][0].keys() == {"name", "index", "value"}
    (line,) = vitx(*arguments, "--activation", "sigmoid", "--json").json
    assert 0 < line["prediction"][0]["probability"] < 1


@pytest.mark.parametrize("after", [1, 3])
def test_results_that_are_removed_meanwhile_are_not_begun_anew(
    vitx: Vitx, photos: Path, vit_folder: Path, monkeypatch: pytest.MonkeyPatch, after: int
):
    saved: list[str] = []

    def save_and_remove(explanation: vitxplain.Explanation, folder: Path, stem: str, *rest: object) -> list[Path]:
        files = save(explanation, folder, stem, *rest)
        saved.append(stem)
        if len(saved) == after:
            folder.rename("elsewhere")
        return files

    monkeypatch.setattr(job, "save", save_and_remove)
    images = ["cat.png", "dog.jpg", "more/cat.png"]
    said = vitx("explain", *images, "--model", vit_folder, "--batch-size", 1, "--format", "npz")
    assert said.code == 1
    assert "error: the folder vitx-out was removed" in said.err
    assert len(saved) == after
    assert not (photos / "vitx-out").exists()


def test_a_table_of_all_maps(vitx: Vitx, photos: Path, cnn_folder: Path):
    said = vitx("explain", "cat.png", "--model", cnn_folder, "--method", "grad-cam,cam", "--format", "csv")
    assert said.code == 0, said.err
    assert "table of 2 maps" in said.out
    rows = (Path("vitx-out") / "summary.csv").read_text().splitlines()
    assert [line.split(",")[:2] for line in rows] == [["input", "method"], ["cat.png", "grad-cam"], ["cat.png", "cam"]]
    assert [path.name for path in Path("vitx-out").iterdir()] == ["summary.csv"]
    assert vitx("explain", "cat.png", "--model", cnn_folder, "--method", "grad-cam,cam", "--out", "all.csv").code == 0
    assert Path("all.csv").read_text().count("cat.png") == 2
