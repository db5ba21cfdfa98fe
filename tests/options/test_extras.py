"""A package that is missing is told in one way, with the extra that brings it."""

import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from vitxplain.errors import DataError
from vitxplain.options.extras import EXTRAS, check_installed, install_command

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.mark.parametrize("package", EXTRAS)
def test_the_extra_brings_the_package(package: str):
    brought = [re.split(r"[<>=]", line)[0] for line in PROJECT["optional-dependencies"][EXTRAS[package]]]
    assert package in {name.removesuffix("-skinny") for name in brought}


def test_all_is_every_extra_but_those_of_clusters_and_of_this_project():
    extras = PROJECT["optional-dependencies"]
    (everything,) = extras["all"]
    names = everything.removeprefix("vitxplain[").removesuffix("]").split(",")
    own = {"test", "peers", "crosschecks", "engines", "browser", "docs", "dev"}
    assert names == [name for name in extras if name not in {"all", "ray", "spark", *own}]


def test_missing_packages_are_told_with_the_command_that_brings_them(monkeypatch: pytest.MonkeyPatch):
    check_installed("it", "json")
    for name in ("starlette", "uvicorn"):
        monkeypatch.setitem(sys.modules, name, None)
    message = "the server needs starlette and uvicorn, which are not installed: pip install 'vitxplain[serve]', or wait"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        check_installed("the server", "starlette", "uvicorn", error=DataError, otherwise=", or wait")
    assert install_command("natten") == "pip install natten"


def pins(file: str) -> dict[str, Version]:
    lines = [line.split("==") for line in (ROOT / file).read_text("utf-8").splitlines() if not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in lines}


def test_what_is_tested_as_the_newest_is_newer_and_no_torch():
    pinned, newest = pins("constraints.txt"), pins("constraints-newest.txt")
    assert "torch" not in newest
    assert [name for name, version in newest.items() if name in pinned and version <= pinned[name]] == []
