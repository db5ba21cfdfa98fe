"""The lowest versions that a workflow of its own installs are those pyproject.toml names."""

import runpy
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def floors(lines: list[str]) -> dict[str, Version]:
    versions = {}
    for requirement in map(Requirement, lines):
        (specifier,) = requirement.specifier
        assert specifier.operator == ">=", requirement
        versions[requirement.name] = Version(specifier.version)
    return versions


def test_every_dependency_is_installed_at_its_floor(capsys: pytest.CaptureFixture[str]):
    runpy.run_path(str(ROOT / ".ci/lowest_versions.py"), run_name="__main__")

    lines = (line.split("==") for line in capsys.readouterr().out.splitlines())
    lowest = {name: Version(version) for name, version in lines}
    extras = PROJECT["optional-dependencies"]
    needed = floors(PROJECT["dependencies"]) | floors(extras["lora"] + extras["detection"] + extras["xarray"])
    assert {name: lowest[name] for name in needed} == needed
    assert lowest["pytest"] > floors(extras["test"])["pytest"]  # a tool of the tests: from constraints.txt


def test_oldest_python_runs_them():
    workflow = (ROOT / ".github/workflows/lowest.yml").read_text(encoding="utf-8")
    assert f'python-version: "{PROJECT["requires-python"].removeprefix(">=")}"' in workflow
    assert "python .ci/lowest_versions.py" in workflow


def test_floor_of_a_library_is_the_same_in_every_extra():
    lines = [line for extra in PROJECT["optional-dependencies"].values() for line in extra if "vitxplain[" not in line]
    named = {(one.name, str(one.specifier)) for one in map(Requirement, lines)}
    assert len(named) == len(dict(named)), sorted(named)
