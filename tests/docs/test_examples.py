"""Every program of examples/ runs as it stands; the docs include them."""

import importlib
import os
import runpy
from functools import partial
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("docs_images.py", "objects_images.py", "digits_network.py", "onnx_two_outputs.py")  # have a test of their own
BY_COMMANDS = {
    "defects.webp",
    "demo-vit.webp",
    "viewer.webp",
}  # vitx data show defects, vitx demo, docs/viewer_picture.py
# examples/objects_images.py, for models that learned
OF_DETECTORS = {
    *("cross-attention.webp", "d-rise.webp", "gradient-cross-attention.webp"),
    *("gallery-detector.webp", "gallery-segmenter.webp", "sampling-points.webp"),
}
OF_OTHERS = ("jax_attention.py", "keras_attention.py")  # frameworks that are not installed here
PROGRAMS = sorted(path for path in (ROOT / "examples").rglob("*.py") if path.name not in (*TOOLS, *OF_OTHERS))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_runs(program: Path, workplace: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(workplace)
    runpy.run_path(os.path.relpath(workplace / program.relative_to(ROOT)), run_name="__main__")


@pytest.mark.parametrize("name", OF_OTHERS)
def test_programs_of_other_frameworks_are_programs(name: str):
    compile((ROOT / "examples" / "recording" / name).read_text("utf-8"), name, "exec")


@pytest.mark.slow
def test_pictures_of_the_docs_can_be_drawn(workplace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(workplace)
    monkeypatch.syspath_prepend(ROOT / "examples")
    digits = importlib.import_module("digits_network")
    monkeypatch.setattr(digits, "trained_network", partial(digits.trained_network, steps=2))
    monkeypatch.setattr("sys.argv", ["docs_images.py", "--effort", "0", "--out", str(tmp_path)])
    runpy.run_path("examples/docs_images.py", run_name="__main__")
    drawn = {path.name for path in tmp_path.iterdir()}
    assert drawn | BY_COMMANDS | OF_DETECTORS == {path.name for path in (ROOT / "docs" / "images").iterdir()}


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "methods").glob("*-*.md")), ids=lambda path: path.stem)
def test_method_page_has_its_parts(page: Path):
    text = page.read_text("utf-8")
    parts = [
        "![",
        "## What it answers",
        "## Paper and formula",
        "option",
        "## Example",
        "## When not to trust it",
        "## API",
    ]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert f'--8<-- "examples/methods/{page.stem.replace("-", "_")}.py"' in text


def test_every_style_is_on_its_page():
    from vitxplain.render.draw import STYLES

    page = (ROOT / "docs" / "how-to" / "pictures.md").read_text("utf-8")
    assert [name for name, meaning in STYLES.items() if f"| `{name}` | {meaning} |" not in page] == []


def test_every_method_has_a_page():
    from vitxplain import registry

    own = [name for name, point in registry.names("explainers").items() if point.module.startswith("vitxplain.")]
    assert own
    assert [name for name in own if not (ROOT / "docs" / "methods" / f"{name}.md").exists()] == []
