"""The files of a new plugin: a method that works as it is, to be changed."""

import keyword
import re
from pathlib import Path
from typing import Final

from vitxplain import registry
from vitxplain.errors import OutputError, UsageError
from vitxplain.escape import utf8
from vitxplain.files.paths import exists
from vitxplain.files.write import write_together

NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST: Final = 60

PROJECT: Final = """\
[project]
name = "vitxplain-{name}"
version = "0.1.0"
description = "{words}: a method of vitxplain"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["vitxplain"]

[project.optional-dependencies]
test = ["pytest"]

[project.entry-points."vitxplain.explainers"]
{name} = "{module}:{cls}"

[tool.pytest.ini_options]
addopts = ["-vv"]  # so that the last lines say why a check failed

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
"""
MODULE: Final = '''\
"""{words}: say here what the method answers."""

from dataclasses import dataclass

import torch

from vitxplain.plugins import AttentionExplainer


@dataclass(frozen=True)
class {cls}(AttentionExplainer):
    """How much attention each patch receives, the mean of all queries, heads and layers.

    `vitx methods` shows the line above. The paper, if there is one, stands in brackets at its end, with its year, as in
    "... and layers (Kim 2026, arXiv:2601.00001)."

    Args:
        power: above 1 stresses what receives much.
    """

    power: float = 1.0

    needs = frozenset({{"attentions"}})
    axes = "batch row column"
    class_specific = False

    def keep(self, record):
        """Of one layer, as it runs."""
        return record.grid.to_map(record.fuse_heads("mean").mean(1))  # (batch, query, key) -> (batch, row, column)

    def combine(self, kept, grid):
        """Of all layers together."""
        return torch.stack(kept).mean(0) ** self.power
'''
TESTS: Final = """\
import pytest

from vitxplain.testing import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_contract(check):
    check("{name}")  # by its name, so that the entry point is tried as well
"""
README: Final = """\
# vitxplain-{name}

{words}, a method for [vitxplain](https://pypi.org/project/vitxplain/): say here what it answers, and when not to trust
it.

## Use it

In this folder, in the Python environment that has vitxplain:

    pip install .
    vitx methods {name}
    vitx explain cat.jpg --model demo-vit --method {name}

The second line says what the method is and which options it has. `demo-vit` came with vitxplain and needs no network;
`vitx methods --model M` says whether the method fits your own model.

## Change it

`{module}.py` is the method. `pyproject.toml` gives it its name: after a change there, install again.

    pip install -e '.[test]'
    pytest
    vitx evaluate --model demo-vit --methods all --limit 50

The tests say whether it keeps the contract of vitxplain's methods. The last line scores it beside all others that fit,
and beside maps that know nothing of the model.
"""


def write_package(name: str, folder: Path) -> list[Path]:
    """Write the package into a new folder; its files.

    Raises:
        UsageError: no such name can be that of a method, or one of ours has it.
        OutputError: the folder is there already, or cannot be written.
    """
    _check_name(name)
    if exists(folder):
        raise OutputError(f"{folder} is there already; give another folder with --out, or remove it first.")
    module = f"vitxplain_{name.replace('-', '_')}"
    words = {"name": name, "module": module, "cls": _class_name(name), "words": name.replace("-", " ").capitalize()}
    texts = {"pyproject.toml": PROJECT, f"{module}.py": MODULE, f"tests/test_{module}.py": TESTS, "README.md": README}
    return write_together({folder / path: utf8(text.format(**words)) for path, text in texts.items()})


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name) or len(name) > LONGEST or keyword.iskeyword(_class_name(name)):
        raise UsageError(
            f"{name!r} cannot be a method's name; it takes small letters and digits, the first a letter, words joined "
            f"by hyphens, at most {LONGEST}: edge-attention."
        )
    key = name.replace("-", "")
    ours = dict(registry.ALIASES["explainers"])
    ours |= {full: full for full in registry.names("explainers")}
    for spelling, full in ours.items():
        if spelling.replace("-", "") == key:
            raise UsageError(f"{name!r} reads like {full}, which is a method already; choose another name.")
