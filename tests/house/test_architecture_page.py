"""The page on architecture has every folder in its table, draws the floors as they are, and names what is there."""

import re

from tests.house.modules import PACKAGE, ROOT
from tests.house.test_contracts import FLOORS

PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PICTURE, TABLE = PAGE.split("## All folders")
QUOTED = re.findall(r"`([^`\n]+)`", TABLE)
ROWS = {row.split("|")[1].strip(): row for row in TABLE.splitlines() if row.count("|") == 5}
KINDS = "method, metric, model source, data set, task, style, command, training option, table column".split(", ")


def test_every_folder_is_in_the_table_and_no_other():
    folders = {path.parent.relative_to(PACKAGE).as_posix() + "/" for path in PACKAGE.rglob("__init__.py")} - {"./"}
    table = TABLE.split("\n## ")[0]
    assert folders == {name for name in re.findall(r"`([\w/]+/)`", table) if name != "demo_models/"}


def test_every_module_at_the_top_is_on_the_page():
    modules = {path.name for path in PACKAGE.glob("*.py")} - {"__main__.py"}
    assert {name for name in modules if f"`{name}`" not in TABLE} == set()


def test_every_path_it_names_exists():
    paths = {name for name in QUOTED if re.match(r"(src|tests|docs|examples)/[\w./-]+$", name)}
    assert len(paths) > 30
    assert {path for path in paths if not (ROOT / path).exists()} == set()


def test_each_kind_of_addition_has_its_file_its_test_and_its_lists():
    for kind in KINDS:
        _, _, file, test, lists, _ = ROWS[kind].split("|")
        assert "`src/vitxplain/" in file, kind
        assert "`tests/" in test, kind
        assert lists.strip(), kind


def test_the_picture_has_the_floors_in_their_order():
    lines = PICTURE.split("```")[1].splitlines()
    there = {path.stem for path in PACKAGE.iterdir()} - {"__main__", "plugins"}
    lowest = 0
    for floor in FLOORS[1:]:
        drawn = {name: line for name in floor & there for line, text in enumerate(lines) if _draws(text, name)}
        assert set(drawn) == floor & there
        assert min(drawn.values()) > lowest
        lowest = max(drawn.values())


def _draws(line: str, name: str) -> bool:
    return re.search(rf"\b{name}(/|\.py)", line) is not None or (line.startswith(" ground") and name in line.split())
