"""Every program of examples/ runs as it stands; the docs include them."""

import os
import runpy
from pathlib import Path

import pytest
import torch
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted(path for path in (ROOT / "examples").rglob("*.py") if path.name != "docs_images.py")
METHODS = [path.stem for path in (ROOT / "examples" / "methods").glob("*.py")]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the photographs, and a small random model under the name the examples load."""
    folder = tmp_path_factory.mktemp("workplace")
    (folder / "examples").symlink_to(ROOT / "examples")
    torch.manual_seed(0)
    config = ViTConfig(hidden_size=24, num_hidden_layers=12, num_attention_heads=3, intermediate_size=48)
    config.id2label = {index: f"class {index}" for index in range(1000)} | {967: "espresso", 968: "cup"}
    config.label2id = {name: index for index, name in config.id2label.items()}
    ViTForImageClassification(config).save_pretrained(folder / "facebook" / "deit-tiny-patch16-224")
    ViTImageProcessor().save_pretrained(folder / "facebook" / "deit-tiny-patch16-224")
    return folder


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_runs(program: Path, workplace: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(workplace)
    runpy.run_path(os.path.relpath(workplace / program.relative_to(ROOT)), run_name="__main__")


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


def test_every_method_has_a_page():
    from vitxplain import registry

    own = [name for name, point in registry.names("explainers").items() if point.module.startswith("vitxplain.")]
    assert own
    assert [name for name in own if not (ROOT / "docs" / "methods" / f"{name}.md").exists()] == []
