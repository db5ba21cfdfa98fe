"""A value carries its type's noun; near names and tables of commas are the business of one module each."""

import ast

from tests.house.modules import ROOT, modules

PRONOUNS = {"one", "found", "asked", "seen", "known", "given", "place"}
SOURCES = [*(ROOT / "src").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]


def test_no_pronoun_is_bound_but_in_a_comprehension_of_one_line():
    bound = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in sorted(SOURCES)
        if "tests" not in path.parts
        for name, line in bound_names(path.read_text("utf-8"))
        if name in PRONOUNS
    ]
    assert bound == [], "call a value what its type is called"


def test_near_names_are_found_in_one_place():
    assert [name for name, tree in modules().items() if "difflib" in _imported(tree)] == ["vitxplain.suggest"]


def test_tables_of_commas_are_written_in_one_place():
    writers = {"csv.writer", "csv.DictWriter"}
    importers = {name: tree for name, tree in modules().items() if "csv" in _imported(tree)}
    writing = [
        name
        for name, tree in importers.items()
        if any(isinstance(node, ast.Attribute) and ast.unparse(node) in writers for node in ast.walk(tree))
    ]
    assert writing == ["vitxplain.files.tables"]


def bound_names(source: str) -> list[tuple[str, int]]:
    """Every variable, parameter and field that is bound, with its line, but for one-line comprehensions."""
    tree = ast.parse(source)
    short = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp)
        and node.lineno == node.end_lineno
    ]
    allowed = {id(name) for node in short for part in node.generators for name in ast.walk(part.target)}
    bound = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in allowed:
            bound.append((node.id, node.lineno))
        elif isinstance(node, ast.arg):
            bound.append((node.arg, node.lineno))
    return bound


def test_what_counts_as_bound():
    assert bound_names("[one for one in names]") == []
    assert bound_names("for one in names: pass") == [("one", 1)]
    assert bound_names("def place(seen=1): ...") == [("seen", 1)]
    assert bound_names("class A:\n    found: int") == [("found", 2)]
    assert bound_names("{\n    one\n    for one in names\n}") == [("one", 3)]


def _imported(tree: ast.Module) -> list[str]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names
