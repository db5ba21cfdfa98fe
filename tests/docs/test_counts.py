"""How many methods and metrics there are, wherever a page says it, is what the registry says."""

import re
from pathlib import Path

import pytest

from tests.docs.test_commands_in_docs import PAGES
from vitxplain import registry

ROOT = Path(__file__).parents[2]
WORDS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
WORDS += [f"twenty-{unit}" for unit in "one two three four five six seven eight nine".split()] + ["thirty"]
READ = [*PAGES, *sorted((ROOT / "examples").rglob("*.md")), *sorted((ROOT / "examples").rglob("*.ipynb"))]


def counts(page: Path, things: str) -> list[int]:
    """The numbers from ten on that stand before the word; fewer are of some of them."""
    said = re.findall(rf"([\w-]+) {things}\b", page.read_text("utf-8"))
    in_words = [WORDS.index(word.lower()) + 10 for word in said if word.lower() in WORDS]
    return in_words + [int(word) for word in said if re.fullmatch("[1-9][0-9]", word)]


@pytest.mark.parametrize(("things", "kind"), [("methods", "explainers"), ("metrics", "metrics")])
def test_how_many_there_are(things: str, kind: str):
    found = {page.relative_to(ROOT).as_posix(): set(counts(page, things)) for page in READ if counts(page, things)}
    assert found == {page: {len(registry.names(kind))} for page in found}
    assert "docs/index.md" in found
