"""What the source of a class says, read without running it: the first line of its docstring, and its constants."""

import ast
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

DEEPEST: Final = 8  # imports and base classes that are followed one after another


def docstring(module: str, name: str) -> str | None:
    """The docstring of a class that stands in this module; None where there is none to be read."""
    classes = [node for node in _tree(module).body if isinstance(node, ast.ClassDef) and node.name == name]
    return ast.get_docstring(classes[0]) if classes else None


def class_constant(module: str, cls: str, name: str) -> Any:
    """The value of a class attribute, which a base class may have set; None where it is no plain constant.

    Texts, numbers and sets of them are read, also by the names of constants that were imported.
    """
    for home, node in _definition(module, cls):
        if not isinstance(node, ast.ClassDef):
            continue
        for statement in node.body:
            if name in _names(statement) and (value := _value(home, statement, name)) is not None:
                return value
        for base in node.bases:
            if isinstance(base, ast.Name) and base.id != cls:
                value = class_constant(home, base.id, name)
                if value is not None:
                    return value
    return None


def _tree(module: str) -> ast.Module:
    """The source of a module; empty where it hides."""
    top, *inner = module.split(".")
    try:
        spec = find_spec(top)
        if inner and spec and spec.submodule_search_locations:
            stem = Path(spec.submodule_search_locations[0], *inner)
            source = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
        else:
            source = Path(spec.origin if spec and spec.origin else "")
        return _parsed(source, source.stat().st_mtime_ns)
    except (ImportError, OSError, SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


@lru_cache(maxsize=64)
def _parsed(source: Path, _time: int) -> ast.Module:
    """Once for each file, and again when it has changed."""
    return ast.parse(source.read_text(encoding="utf-8"))


def _definition(module: str, name: str, depth: int = 0) -> Iterator[tuple[str, ast.stmt]]:
    """The statement that gives a name its value, and the module it stands in; imports are followed."""
    for node in _tree(module).body:
        if isinstance(node, ast.ImportFrom) and node.module and not node.level and depth < DEEPEST:
            for alias in node.names:
                if name == (alias.asname or alias.name):
                    yield from _definition(node.module, alias.name, depth + 1)
        elif name in _names(node):
            yield module, node


def _names(node: ast.stmt) -> list[str]:
    """The names a statement gives a value."""
    if isinstance(node, ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]


def _value(module: str, node: ast.stmt, name: str, depth: int = 0) -> Any:
    """What an assignment gives this name; None where it is no plain constant."""
    value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
    if isinstance(value, ast.Tuple) and len(names := _names(node)) == len(value.elts):
        value = value.elts[names.index(name)]
    return None if value is None else _constant(module, value, depth)


def _constant(module: str, value: ast.expr, depth: int) -> Any:
    if isinstance(value, ast.Constant):
        return value.value
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "frozenset":
        items = value.args[0].elts if value.args and isinstance(value.args[0], (ast.Set, ast.List, ast.Tuple)) else []
        return frozenset(_constant(module, item, depth) for item in items) if items or not value.args else None
    if isinstance(value, ast.Name) and depth < DEEPEST:
        for home, node in _definition(module, value.id):
            return _value(home, node, value.id, depth + 1)
    return None
