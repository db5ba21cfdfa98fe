"""The page of known mistakes names tests that exist, and figures that come out again."""

import json
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "known-wrong.md").read_text("utf-8")
FIGURES = json.loads((ROOT / "docs" / "known-wrong.json").read_text("utf-8"))


def test_every_test_it_names_is_there():
    file = ""
    named = re.findall(r"`(tests/[\w/]+\.py)?(?:::(\w+))?`", PAGE)
    for path, name in [(path, name) for path, name in named if path or name]:
        file = path or file
        assert f"def {name}(" in (ROOT / file).read_text("utf-8") if name else (ROOT / file).exists(), (file, name)
    assert sum(bool(path or name) for path, name in named) > 40


def test_every_figure_has_its_command_beside_it():
    assert set(FIGURES) == set(import_module("benchmarks.known_wrong.__main__").MISTAKES)
    for name in FIGURES:
        assert f"(`python -m benchmarks.known_wrong {name}`)" in PAGE.replace("\n", " ")


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_figures_come_out_again(name: str):
    found = import_module("benchmarks.known_wrong.__main__").MISTAKES[name]()
    for figure, value in FIGURES[name].items():
        if isinstance(value, float):
            assert found[figure] == pytest.approx(value, abs=0.01, rel=0.02), figure
        else:
            assert found[figure] == value, figure
