"""Whoever builds on the package goes through its doors: plugins, examples and what the tutorial shows."""

import ast
import json
import re
from collections.abc import Iterator

import pytest

from tests.house.modules import ROOT

# Of the things people call one lies in a package of its name, which `vitxplain` therefore cannot offer.
DOORS = {"vitxplain", "vitxplain.export", "vitxplain.inspect", "vitxplain.plugins", "vitxplain.testing"}


def programs() -> Iterator[tuple[str, str]]:
    """Path and code of every plugin, example, notebook and block of the tutorial."""
    for folder in ("plugins", "examples"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
    for path in sorted((ROOT / "examples").glob("*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        yield path.relative_to(ROOT).as_posix(), re.sub(r"^[%!].*$", "", "\n".join(code), flags=re.MULTILINE)
    tutorial = ROOT / "docs" / "plugins.md"
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", tutorial.read_text("utf-8"), re.S | re.M)):
        yield f"docs/plugins.md, block {number + 1}", block


PROGRAMS = dict(programs())


@pytest.mark.parametrize("name", PROGRAMS)
def test_imports_come_through_the_doors(name: str):
    deeper = sorted(module for module in imported(PROGRAMS[name]) if module not in DOORS)
    assert deeper == [], f"offer it in {' or '.join(sorted(DOORS))}"


def imported(code: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "vitxplain")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "vitxplain":
            yield str(node.module)


def test_all_are_looked_at():
    kinds = {name.split("/")[0] for name in PROGRAMS}
    assert kinds == {"plugins", "examples", "docs"}
    assert set(imported("import vitxplain.grid\nfrom vitxplain.errors import OptionError")) == {
        "vitxplain.grid",
        "vitxplain.errors",
    }
