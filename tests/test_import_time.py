"""Listing is cheap: no torch, no plugin; each case in a fresh interpreter. `benchmarks/help.py` has its seconds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "torch",
    "transformers",
    "numpy",
    "PIL",
    "matplotlib",
    "captum",
    "good_plugin",
    "raising_plugin",
    "vitxplain.api",
)
OF_OTHER_TASKS = ("datasets", "pandas", "pyarrow", "matplotlib", "captum", "rich", "typer")  # training, pictures, vitx
COMMANDS = [
    [],
    ["explain"],
    ["compare"],
    ["inspect"],
    ["methods"],
    ["models"],
    ["labels"],
    ["info"],
    ["patches"],
    ["train"],
    ["data"],
    ["plugin", "new"],
    ["data", "show"],
    ["data", "split"],
    ["data", "tile"],
    ["test"],
    ["evaluate"],
    ["tune"],
]
PROGRAM = """
import sys
{action}
loaded = [name for name in {heavy} if name in sys.modules]
assert not loaded, loaded
"""
RUN = """
from vitxplain.cli.main import app
try:
    app({arguments})
except SystemExit as exit:
    assert not exit.code, exit.code
"""


EXPLAIN = """
import numpy
from vitxplain import explain
explain("demo-vit", numpy.zeros((60, 60, 3), "uint8")).heatmap()
"""


def run(action: str, plugin_site: Path, heavy: tuple[str, ...] = HEAVY) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(plugin_site)}
    program = PROGRAM.format(action=action, heavy=heavy)
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("action", ["import vitxplain", "import vitxplain; dir(vitxplain); vitxplain.__version__"])
def test_importing_the_package(action: str, plugin_site: Path):
    result = run(action, plugin_site)
    assert result.returncode == 0, result.stderr


def test_explaining_imports_nothing_of_training_or_pictures(plugin_site: Path):
    result = run(EXPLAIN, plugin_site, OF_OTHER_TASKS)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "arguments", [*([*one, "--help"] for one in COMMANDS), ["methods"], ["methods", "--json"], ["models"]]
)
def test_help_and_listings(arguments: list[str], plugin_site: Path):
    result = run(RUN.format(arguments=arguments), plugin_site)
    assert result.returncode == 0, result.stderr
    if arguments[0] == "methods" and "--help" not in arguments:
        assert "brightness" in result.stdout


def test_public_names_are_there():
    import vitxplain

    for name in vitxplain.__all__:
        assert getattr(vitxplain, name) is not None
    assert set(vitxplain.__all__) < set(dir(vitxplain))
    with pytest.raises(AttributeError, match="has no attribute 'explian'; it offers Explanation"):
        vitxplain.explian  # noqa: B018
