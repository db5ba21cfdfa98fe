"""vitx compare: one file, failures named, and every target as it was typed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from PIL import Image

from vitxplain.cli.compare.job import names_in, split_targets
from vitxplain.errors import UsageError

Vitx: TypeAlias = Callable[..., Any]


def test_a_figure_of_two_models(vitx: Vitx, photos: Path, vit_folder: Path, cnn_folder: Path):
    arguments = ("compare", "cat.png", "--models", f"{vit_folder},{cnn_folder}", "--methods", "grad-cam,rollout")
    said = vitx(*arguments, "--targets", "star,square~star", "--out", "out/figure.png")
    assert said.code == 0  # the method fits one of the models, and its cells beside the other say why they are empty
    assert "note: " in said.err
    assert "attention-rollout does not fit: it has no attention" in said.err
    assert said.out == "6 maps, 2 cells whose method does not fit the model → out/figure.png\n"
    with Image.open("out/figure.png") as picture:
        assert picture.width > 600
    lines = vitx(*arguments, "--json").json
    assert [("error" in line, line["method"]) for line in lines] == [
        (False, "grad-cam"),
        (False, "attention-rollout"),
        (False, "grad-cam"),
        (True, "attention-rollout"),
    ]


def test_data_whose_objects_are_known(vitx: Vitx, photos: Path):
    arguments = "--data digits --limit 2 --model demo-cnn --methods grad-cam --controls centre --quiet"
    said = vitx("compare", *arguments.split(), "--width", "column", "--out", "both.pdf")
    assert (said.code, said.out, said.err) == (0, "", "")
    content = Path("both.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/MediaBox [ 0 0 234 " in content  # 3.25 inches of 72 points


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give the images to compare, or a data set with --data, and not both."),
        (("cat.png", "--out", "map.jpg"), "--out is map.jpg; it takes a file that ends in .png, .pdf, .svg."),
        (("cat.png", "--out", "cat.png"), "--out cat.png is one of the images; give another file."),
        (
            ("cat.png", "--width", "colunm"),
            "width is 'colunm'; it takes inches, above 0 and at most 40, "
            '"column" (3.25 inches) or "page" (6.75 inches).',
        ),
        (("cat.png", "--rows", "images,size"), "rows takes some of images, models, methods, targets, and not 'size'."),
    ],
)
def test_mistakes(vitx: Vitx, photos: Path, arguments: tuple[str, ...], message: str):
    said = vitx("compare", *arguments, "--model", "demo-cnn")
    assert (said.code, said.err) == (2, f"error: {message}\n")


def test_targets_between_commas():
    texts = ["star, box:1,2,3.5,4,dog#1", "@10,20,cat~dog", "patch@1,2 , all"]
    assert split_targets(texts) == ["star", "box:1,2,3.5,4", "dog#1", "@10,20", "cat~dog", "patch@1,2", "all"]


def test_names_as_they_are_typed():
    assert names_in(["grad-cam=Grad-CAM, cat=A cat, asleep", "x=y=z"]) == {
        "grad-cam": "Grad-CAM",
        "cat": "A cat, asleep",
        "x": "y=z",
    }
    with pytest.raises(UsageError, match=r"^--names Grad-CAM is no OLD=NEW"):
        names_in(["Grad-CAM"])
