"""A package that is missing is told in one way, with the extra that brings it."""

import re
import sys
import tomllib
from pathlib import Path

import pytest

from vitxplain.errors import DataError
from vitxplain.options.extras import EXTRAS, check_installed, install_command

PROJECT = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text("utf-8"))["project"]


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
