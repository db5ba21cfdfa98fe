"""`vitx plugin new` writes a method that keeps the contract."""

import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from vitxplain.testing import check_explainer


def test_the_package_it_writes_keeps_the_contract(vitx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    said: Said = vitx("plugin", "new", "edge-attention")
    assert said.code == 0, said.err
    folder = tmp_path / "vitxplain-edge-attention"
    point = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["entry-points"]["vitxplain.explainers"]
    module, name = point["edge-attention"].split(":")
    monkeypatch.syspath_prepend(str(folder))
    check_explainer(getattr(import_module(module), name))
    del sys.modules[module]
    assert f"from {module} import {name}" in (folder / "tests" / f"test_{module}.py").read_text()
    again = vitx("plugin", "new", "edge-attention")
    assert again.code != 0
    assert "is there already" in again.err


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Edge", "takes small letters"),
        ("-a", ""),
        ("a/b", "takes small letters"),
        ("rollout", "reads like attention-rollout"),
        ("grad-cam", "reads like grad-cam"),
    ],
)
def test_names_that_cannot_be(vitx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str):
    monkeypatch.chdir(tmp_path)
    said: Said = vitx("plugin", "new", name)
    assert said.code == 2
    assert words in said.err
    assert not list(tmp_path.iterdir())
