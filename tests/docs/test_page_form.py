"""What makes a page hard to read is not on any: code without a language, columns without a name, endless paragraphs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.test_commands_in_docs import PAGES, ROOT

PROSE = [page for page in PAGES if page.name != "performance.md"]  # a page of tables, made from what was measured
LONGEST = 750  # characters of a paragraph: ten lines on a wide screen, twenty on a telephone


def names(pages: list[Path]) -> list[str]:
    return [page.relative_to(ROOT).as_posix() for page in pages]


def parts(page: Path) -> Iterator[str]:
    """What is between blank lines, code and HTML aside."""
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    return (part for part in re.split(r"\n\s*\n", text) if not part.lstrip().startswith(("<", "|", "#")))


def as_read(markdown: str) -> str:
    """Its words, without the addresses of links."""
    return re.sub(r"\]\([^)]*\)(\{[^}]*\})?", "]", " ".join(markdown.split()))


@pytest.mark.parametrize("page", PROSE, ids=names(PROSE))
def test_no_paragraph_is_endless(page: Path):
    items = (item for part in parts(page) for item in re.split(r"\n *(?:[-*]|\d+\.) ", part))
    assert [item[:60] for item in items if len(as_read(item)) > LONGEST] == []


@pytest.mark.parametrize("page", PROSE, ids=names(PROSE))
def test_code_has_a_language(page: Path):
    text = page.read_text("utf-8")
    fences = re.findall(r"^ *```(.*)$", text, re.MULTILINE)
    assert [number for number, fence in enumerate(fences) if number % 2 == 0 and not fence.strip()] == []
    assert [
        part[:60] for part in parts(page) if re.match(r" {4}(?:pip|vitx|python|tensorboard|from|import) ", part)
    ] == []


@pytest.mark.parametrize("page", PROSE, ids=names(PROSE))
def test_the_columns_of_tables_have_names(page: Path):
    """But the first, whose rows may say by themselves what they are where the others have names."""
    heads = re.findall(r"^(\|.*\|)\n\|[ :|-]+\|$", page.read_text("utf-8"), re.MULTILINE)
    columns = [[cell.strip() for cell in head.strip("|").split("|")] for head in heads]
    assert [cells for cells in columns if not all(cells[1:]) or not any(cells)] == []
