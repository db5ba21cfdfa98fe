"""What the source of a class says, read without running it."""

import sys
from pathlib import Path

import pytest

from vitxplain.class_source import class_constant, docstring

BASE = '''
from typing import ClassVar
from elsewhere import C

RED, BLUE = "red", "blue"

class Root:
    """Root."""
    colours: ClassVar[frozenset[str]] = frozenset({RED})
    size = 3
    shape: ClassVar[str]
    computed = len("abc")
'''
LEAF = '''
from source_base import BLUE, Root as Parent, Missing
from source_leaf import Circle

raise RuntimeError("never run")

class Leaf(Parent, Missing):
    """Leaf."""
    colours = frozenset({BLUE, "green"})

class Plain(Parent):
    none = frozenset()

class Circle(Circle): ...
'''


@pytest.fixture(autouse=True)
def _modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "source_base.py").write_text(BASE)
    (tmp_path / "source_leaf.py").write_text(LEAF)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize(
    ("cls", "name", "value"),
    [
        ("Leaf", "colours", frozenset({"blue", "green"})),
        ("Plain", "colours", frozenset({"red"})),
        ("Plain", "none", frozenset()),
        ("Plain", "size", 3),
        ("Plain", "shape", None),
        ("Plain", "computed", None),
        ("Circle", "colours", None),
        ("Nobody", "colours", None),
    ],
)
def test_constants_of_a_class_and_of_its_bases(cls: str, name: str, value: object):
    assert class_constant("source_leaf", cls, name) == value
    assert "source_leaf" not in sys.modules


def test_docstrings():
    assert docstring("source_leaf", "Leaf") == "Leaf."
    assert docstring("source_leaf", "Plain") is None
    assert docstring("no_such_module", "Leaf") is None
