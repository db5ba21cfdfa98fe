"""`vitx plugin new` writes a method that keeps the contract."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from tests.explanations import photograph
from tests.plugin_site import add_package
from vitxplain.testing import check_explainer


def test_the_package_it_writes_keeps_the_contract(vitx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    said: Said = vitx("plugin", "new", "edge-attention")
    assert said.code == 0, said.err
    folder = tmp_path / "vitxplain-edge-attention"
    point = tomllib.loads((folder / "pyproject.toml").read_text())["project"]["entry-points"]["vitxplain.explainers"]
    module, name = point["edge-attention"].split(":")
    assert 'check("edge-attention")' in (folder / "tests" / f"test_{module}.py").read_text()
    source = (folder / f"{module}.py").read_text()
    for site, cls in (("misspelt", name.lower()), ("installed", name)):
        add_package(tmp_path / site, "vitxplain-edge-attention", source, {"edge-attention": cls})
        with monkeypatch.context() as installed:
            installed.syspath_prepend(str(tmp_path / site))
            if site == "misspelt":
                with pytest.raises(AssertionError, match="the entry point of 'edge-attention' cannot be loaded: Attr"):
                    check_explainer("edge-attention")
            else:
                check_explainer("edge-attention")
                shown = [
                    line.split() for line in (folder / "README.md").read_text().splitlines() if "    vitx " in line
                ]
                assert [words[1] for words in shown] == ["methods", "explain", "evaluate"]
                photograph(40, 60).save("cat.jpg")
                for words in shown[:2]:
                    assert vitx(*words[1:]).code == 0
        del sys.modules[module]
    again = vitx("plugin", "new", "edge-attention")
    assert again.code != 0
    assert "is there already" in again.err


@pytest.mark.slow
def test_the_last_lines_of_its_failed_tests_say_why(vitx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert vitx("plugin", "new", "edge-attention").code == 0
    folder = tmp_path / "vitxplain-edge-attention"
    source = (folder / "vitxplain_edge_attention.py").read_text().replace("** self.power", "* float('nan')")
    add_package(tmp_path / "site", "vitxplain-edge-attention", source, {"edge-attention": "EdgeAttention"})
    (folder / "vitxplain_edge_attention.py").unlink()
    paths = os.pathsep.join(filter(None, (str(tmp_path / "site"), *sys.path)))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-k", "finite"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "80", "CI": "", "BUILD_NUMBER": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    *_, reason, _ = done.stdout.rstrip().splitlines()
    assert reason.startswith("FAILED tests/test_vitxplain_edge_attention.py::")
    assert "it gave values that are no numbers (NaN or infinity)" in reason


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
