"""Numbers that pages say in words are those of the registry."""

import re
from pathlib import Path

import pytest

from vitxplain import registry

ROOT = Path(__file__).parents[2]
WORDS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()


@pytest.mark.parametrize("page", ["README.md", "docs/index.md"])
def test_how_many_methods_there_are(page: str):
    said = re.findall(r"(\w+) methods\b", (ROOT / page).read_text())
    counts = [WORDS.index(word.lower()) + 10 for word in said if word.lower() in WORDS]
    assert counts == [len(registry.names("explainers"))]
