"""vitx methods, models, info and patches."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Said
from tests.plugin_site import GOOD, add_package
from vitxplain.models.known_models import ALIASES, DEFAULT

Vitx = Callable[..., Said]


def test_methods(vitx: Vitx):
    said = vitx("methods")
    assert said.code == 0
    header, *lines = said.out.splitlines()
    assert header.split()[:6] == ["Method", "Or", "What", "it", "shows", "Paper"]
    (rollout,) = [line for line in lines if line.startswith("attention-rollout")]
    assert "rollout" in rollout.split()
    assert "arXiv 2005.00928" in rollout


def test_methods_on_a_narrow_terminal_leave_the_paper_out(vitx: Vitx, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    said = vitx("methods")
    assert "arXiv" not in said.out
    assert max(map(len, said.out.splitlines())) <= 80


def test_methods_of_plugins_say_their_package(vitx: Vitx, plugins: Path):
    add_package(plugins, "rival-plugin", GOOD, {"brightness": "Brightness"})
    said = vitx("methods")
    (line,) = [line for line in said.out.splitlines() if line.startswith("brightness")]
    assert "How bright each pixel is" in line
    assert line.rstrip().endswith("good-plugin 1.0 and rival-plugin 1.0: uninstall one of them")
    (row,) = [row for row in vitx("methods", "--json").json if row["method"] == "brightness"]
    assert row == {
        "method": "brightness",
        "aliases": [],
        "summary": "How bright each pixel is (nobody 2020)",
        "packages": ["good-plugin 1.0", "rival-plugin 1.0"],
    }


def test_methods_of_a_vision_transformer(vitx: Vitx, vit_folder: Path):
    said = vitx("methods", "--model", vit_folder)
    assert said.code == 0
    first, _, header, *lines = said.out.splitlines()
    assert first == (f"{vit_folder}: ViTForImageClassification, 3 classes, input 32 × 32 px, 4 × 4 patches + 1 prefix.")
    assert header.split() == ["Method", "Fits", "Grid", "Layer,", "or", "why", "not"]
    rows = {line.split()[0]: line for line in lines}
    assert rows["affinity-attention"].split() == [
        *"affinity-attention (auto) yes 4 × 4 2 attention layers, 2 heads".split()
    ]
    assert "vit.layers.1.layernorm_before" in rows["grad-cam"]
    assert rows["cam"].split()[:2] == ["cam", "no"]
    assert "global average pooling" in rows["cam"]


def test_methods_of_a_convolutional_network(vitx: Vitx, cnn_folder: Path):
    rows = {row["method"]: row for row in vitx("methods", "--model", cnn_folder, "--json").json}
    assert rows["grad-cam"]["fits"]
    assert rows["grad-cam"]["auto"]
    assert rows["grad-cam"]["layer"].startswith("resnet.encoder")
    assert rows["grad-cam"]["grid"] == [4, 4]
    assert rows["attention-rollout"] == {
        "model": str(cnn_folder),
        "method": "attention-rollout",
        "fits": False,
        "auto": False,
        "layer": None,
        "grid": None,
        "why": "it has no attention",
    }


def test_methods_of_no_model(vitx: Vitx):
    said = vitx("methods", "--model", "./nothing-here")
    assert said.code == 2
    assert "nothing-here" in said.err


def test_models(vitx: Vitx):
    said = vitx("models")
    assert said.code == 0
    for name, one in ALIASES.items():
        assert any(line.startswith(name) and one.source in line for line in said.out.splitlines())
    assert "timm:NAME, torchvision:NAME" in said.out
    assert f"Without --model: {DEFAULT}." in said.out
    rows = vitx("models", "--json").json
    assert [row["source"] for row in rows if row["default"]] == [DEFAULT]


def test_info(vitx: Vitx, plugins: Path):
    said = vitx("info")
    assert said.code == 0
    assert "transformers" in said.out
    assert "cpu" in said.out
    rows = {line.split()[0]: line for line in said.out.splitlines() if line.strip()}
    assert rows["grad-cam"].rstrip().endswith("works")
    assert rows["timm"].split()[1] == "adapter" or rows["timm"].split()[1].startswith("not")
    (adapter,) = [line for line in said.out.splitlines() if line.split()[:2] == ["timm", "adapter"]]
    there = find_spec("timm") is not None
    assert adapter.rstrip().endswith("works" if there else "works once timm is there: pip install 'vitxplain[timm]'")
    assert "broken: " in rows["raising"]
    assert "RuntimeError: no licence file" in said.out
    (found,) = vitx("info", "--json").json
    assert found["versions"]["python"]
    broken = {plugin["name"] for plugin in found["plugins"] if plugin["error"]}
    assert broken == {"raising", "exiting", "missing", "empty", "other"}
    quiet = vitx("info", "--quiet")
    assert quiet.out == ""
    assert quiet.err.count("error: ") == len(broken)


def test_patches(vitx: Vitx, photos: Path, vit_folder: Path):
    said = vitx("patches", "cat.png", "--model", vit_folder)
    assert said.code == 0
    assert said.out == "4 × 4 patches → vitx-out/cat.patches.png\n"
    with Image.open("vitx-out/cat.patches.png") as picture:
        assert picture.width > 300
    (row,) = vitx("patches", "cat.png", "--model", vit_folder, "--json").json
    assert (row["rows"], row["columns"], row["patch_size"]) == (4, 4, [8.0, 8.0])
    assert vitx("patches", "cat.png", "--model", vit_folder, "--quiet").out == ""


def test_patches_of_what_has_none(vitx: Vitx, photos: Path, vit_folder: Path, cnn_folder: Path):
    said = vitx("patches", "cat.png", "--model", cnn_folder)
    assert said.code == 2
    assert "takes no patches" in said.err
    said = vitx("patches", "broken.png", "--model", vit_folder)
    assert said.code == 1
    assert "broken.png is damaged" in said.err
