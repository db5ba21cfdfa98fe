"""The package as syntax trees: what each module is called, and where what it imports stands in it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "vitxplain"


class Import(NamedTuple):
    """One module imported by another, `inside` a class and function by their dotted name, or at the top level ("")."""

    importer: str
    inside: str
    imported: str


@cache
def modules() -> dict[str, ast.Module]:
    """The tree of every module by its full name; a package by its own name."""
    return {name: ast.parse(path.read_text("utf-8")) for name, path in module_paths().items()}


@cache
def module_paths() -> dict[str, Path]:
    paths = sorted(PACKAGE.rglob("*.py"))
    return {
        ".".join(path.relative_to(ROOT / "src").with_suffix("").parts).removesuffix(".__init__"): path for path in paths
    }


def imports(importer: str) -> Iterator[Import]:
    """What a module imports of the package, but for its types alone."""
    yield from _imports(modules()[importer], importer, "")


def _imports(node: ast.AST, importer: str, inside: str) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom) and (child.module or "").startswith("vitxplain"):
            for alias in child.names:
                submodule = f"{child.module}.{alias.name}"
                yield Import(importer, inside, submodule if submodule in modules() else str(child.module))
        elif isinstance(child, ast.Import):
            names = [alias.name for alias in child.names if alias.name.split(".")[0] == "vitxplain"]
            yield from (Import(importer, inside, name) for name in names)
        elif isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _imports(child, importer, f"{inside}.{child.name}".lstrip("."))
        elif not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield from _imports(child, importer, inside)
