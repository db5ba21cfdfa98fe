"""File names and class names may hold anything: results keep them, terminals survive them."""

import json
import os
from pathlib import Path

import pytest
from PIL import Image

import vitxplain
from tests.bad_input.conftest import Variant, Vitx, noise, refused
from vitxplain.cli.shared.console import printable

NAMES = [
    "spaces in it.png",
    " edge .png",
    "ünï-猫-🐈.png",
    "a[1].png",
    "what?.png",
    "star*.png",
    "$HOME.png",
    "$x_{2}$.png",  # TeX, to a picture's title
    "[red]x[/red].png".replace("/", "-"),
    ":cat:.png",
    "semi;colon&'quote\".png",
    "line\nbreak.png",
    "esc\x1b[31mred.png",
    "a.b.c.png",
    "-dash.png",
    "UPPER.PNG",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_kept_and_printed_on_one_line(vitx: Vitx, place: Path, vit_folder: Path, name: str):
    Path("good.png").rename(name)
    said = vitx("explain", "--model", vit_folder, "--method", "rollout", "--", name)
    assert (said.code, said.err) == (0, "")
    stem = name.rpartition(".")[0]
    assert {path.name for path in Path("vitx-out").iterdir()} == {
        f"{stem}.attention-rollout.{ending}" for ending in ("png", "npz", "json")
    }
    assert said.out.count("\n") == 2
    assert "\x1b" not in said.out
    assert said.out.startswith(f"{printable(name)}  ")
    assert vitxplain.load(f"vitx-out/{stem}").provenance["input"] == name


def test_a_name_that_is_no_text(vitx: Vitx, place: Path, vit_folder: Path):
    """Bytes that are no UTF-8, as old archives leave them."""
    name = os.fsdecode(b"caf\xe9.png")
    Path("good.png").rename(name)
    assert "caf\\udce9.png  " in vitx("explain", name, "--model", vit_folder, "--method", "rollout").out
    (line,) = vitx("explain", name, "--model", vit_folder, "--method", "rollout", "--json").json
    assert line["input"] == name
    assert os.fsdecode(b"caf\xe9.attention-rollout.json") in {path.name for path in Path("vitx-out").iterdir()}
    record = Path("vitx-out", os.fsdecode(b"caf\xe9.attention-rollout.json")).read_text("utf-8")
    assert json.loads(record)["input"] == name


def test_folders_whose_names_are_no_text(vitx: Vitx, place: Path, variant: Variant, tmp_path: Path):
    """Reports escape them; what could not be opened again, or not be listed, is refused before any work."""
    images = place / "data" / os.fsdecode(b"caf\xe9")
    images.mkdir(parents=True)
    for number in range(10):
        Image.fromarray(noise(12, 12, number)).save(images / f"{number}.png")
    Image.fromarray(noise()).save(place / "data" / "other.png")
    said = vitx("test", "--model", "demo-cnn", "--data", "data", "--out", "results", "--worst", 0)
    assert "should not happen" not in said.err
    refused(vitx("data", "split", "data", "--out", "parts"), "0.png is no name in UTF-8", "convmv", code=2)
    latin = place / os.fsdecode(b"mod\xe9l")
    variant().rename(latin)
    refused(vitx("explain", "good.png", "--model", latin), "mod\\udce9l is no name in UTF-8", "rename", code=2)
    for command in ("train", "tune"):
        options = ("--model", "scratch", "--data", "digits", "--limit", 20)
        refused(vitx(command, *options, "--out", f"{latin}-run"), "is no name in UTF-8", "--out", code=2)


# What users type where a path may stand; each is first looked up as one.
PLACES = [
    *("explain {}", "explain good.png --model {}", "explain good.png --model demo-vit --out {}", "methods --model {}"),
    *("test --model {}", "test --model demo-cnn --data {}", "test --model demo-cnn --limit 2 --out {}"),
    *("train --model {} --data digits", "train --model scratch --data {}", "train --config {}", "demo --out {}"),
    *("train --model scratch --data digits --limit 8 --out {}", "tune --model scratch --data {}", "tune --config {}"),
    *(
        "tune --model scratch --data digits --limit 8 --out {}",
        "evaluate --model {} --data digits",
        "export --model {}",
    ),
    *("evaluate --model demo-cnn --data {}", "evaluate --maps {} --data digits", "export --model demo-vit --out {}"),
    *("evaluate --model demo-cnn --data digits --limit 2 --methods cam --metrics entropy --out {}", "data show {}"),
    *("data split {} --out new", "data split data --out {}", "data tile {} --size 8 --out new", "patches {}"),
]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["n" * 300, "/" + "d/" * 2500], ids=["part", "path"])
def test_names_no_file_can_have(vitx: Vitx, place: Path, name: str):
    for letter in "ab":
        (place / "data" / letter).mkdir(parents=True)
        Image.fromarray(noise(8, 8)).save(place / "data" / letter / "1.png")
    for command in PLACES:
        said = vitx(*(name if word == "{}" else word for word in command.split()))
        assert (said.code, said.err.count("error: ")) in ((1, 1), (2, 1)), (command, said)
        assert "should not happen" not in said.err, command
    assert sorted(path.name for path in place.iterdir()) == ["data", "good.png"]


def test_a_name_that_leaves_no_room_for_the_method(vitx: Vitx, place: Path, vit_folder: Path):
    name = "x" * 240 + ".png"
    Path(name).write_bytes(Path("good.png").read_bytes())
    said = vitx("explain", name, "good.png", "--model", vit_folder, "--method", "rollout", "--format", "npz")
    refused(said, "could not be written: the name is too long.", "give the image a shorter one", code=1)
    assert [path.name for path in Path("vitx-out").iterdir()] == ["good.attention-rollout.npz"]


def test_a_pattern_and_a_file_that_looks_like_one(vitx: Vitx, place: Path, vit_folder: Path):
    for name in ("a[1].png", "a1.png", "[a].png"):
        Image.fromarray(noise()).save(name)
    said = vitx("explain", "a[1].png", "[a].png", "a[0-9].png", "--model", vit_folder, "--method", "rollout", "--json")
    assert [line["input"] for line in said.json] == ["a[1].png", "[a].png", "a1.png"]


def test_a_folder_whose_name_is_a_pattern(vitx: Vitx, place: Path, vit_folder: Path):
    (place / "[x]").mkdir()
    Path("good.png").rename("[x]/good.png")
    (line,) = vitx("explain", "[x]", "--model", vit_folder, "--method", "rollout", "--json").json
    assert line["input"] == "[x]/good.png"


def test_dashes(vitx: Vitx, place: Path, vit_folder: Path):
    Path("-dash.png").write_bytes(Path("good.png").read_bytes())
    command = ("--model", vit_folder, "--method", "rollout", "--format", "npz")
    assert vitx("explain", "./-dash.png", *command).code == 0
    assert vitx("explain", *command, "--", "-dash.png").code == 0
    said = vitx("explain", "-dash.png", *command)
    assert said.code == 2
    assert "No such option" in said.err
    refused(vitx("explain", "-", *command), "- does not exist; check the path", code=1)


def test_equal_stems_of_good_and_bad_images(vitx: Vitx, place: Path, vit_folder: Path):
    """A failure takes no name from another image's results, and no result is overwritten."""
    for folder in ("a", "b", "c"):
        Path(folder).mkdir()
        Image.fromarray(noise(seed=ord(folder))).save(Path(folder, "good.png"))
    Path("b/good.png").write_bytes(b"")
    Image.fromarray(noise(seed=9)).save("good.bmp")
    inputs = ["good.png", "good.bmp", "a", "b/good.png", "c/good.png", "good.png"]
    said = vitx("explain", *inputs, "--model", vit_folder, "--method", "rollout", "--json", "--format", "npz,json")
    assert said.code == 1
    done = {line["input"]: line["files"][0] for line in said.json if "error" not in line}
    written = [file for line in said.json for file in line.get("files", []) if file.endswith("npz")]
    assert len(set(written)) == len(written) == 5
    for source, file in done.items():
        assert vitxplain.load(file).provenance["input"] == source


def test_a_folder_named_in_markup(vitx: Vitx, place: Path, vit_folder: Path):
    Path("two.png").write_bytes(Path("good.png").read_bytes())
    said = vitx("explain", "good.png", "two.png", "--model", vit_folder, "--out", "x[/y]:cat:", "--format", "npz")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines()[-1] == "2 images, 2 maps in x[/y]:cat:"


def test_home_is_meant_by_a_tilde_the_shell_left(
    vitx: Vitx, place: Path, vit_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    """No shell expands it in --out=~/maps."""
    monkeypatch.setenv("HOME", str(place / "home"))
    said = vitx("explain", "good.png", "--model", vit_folder, "--out=~/maps", "--format", "npz")
    assert said.code == 0
    assert (place / "home" / "maps" / "good.affinity-attention.npz").is_file()
    assert not (place / "~").exists()


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        (["cash $b", "$\\frac{$", "^_ $x$"], ["cash $b", "$\\frac{$", "^_ $x$"]),
        (["猫", "🐈 cat", "ñandú"], ["猫", "🐈 cat", "ñandú"]),
        (["[bold]a[/]", "[/b]", ":cat:"], ["[bold]a[/]", "[/b]", ":cat:"]),
        (["two\nlines", "\x1b[31mred", "\tt"], ["two\\nlines", "\\x1b[31mred", "t"]),
        (["", " ", "\u3000"], ["LABEL_0", "LABEL_1", "LABEL_2"]),
    ],
    ids=["TeX", "scripts", "markup", "control", "blank"],
)
def test_class_names(vitx: Vitx, place: Path, variant: Variant, labels: list[str], shown: list[str]):
    model = variant(config={"id2label": dict(enumerate(labels)), "label2id": {n: i for i, n in enumerate(labels)}})
    said = vitx("explain", "good.png", "--model", model, "--format", "png")
    assert (said.code, said.err) == (0, "")
    assert all(name.strip() in said.out for name in shown)
    assert said.out.count("\n") == 2
