"""The words of `needs` on the page for authors of plugins are those of the code."""

import re
from pathlib import Path

from vitxplain import registry
from vitxplain.models import offers

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "plugin-contract.md"


def test_the_table_has_every_word_with_its_line():
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE.read_text("utf-8").partition("## What a model offers")[2], re.M)
    assert dict(rows) == dict(offers.WORDS)


def test_the_words_are_the_constants_and_all_that_methods_say():
    constants = {value for name, value in vars(offers).items() if name.isupper() and isinstance(value, str)}
    assert constants == offers.WORDS.keys()
    said = [registry.constant(point, "needs") or () for point in registry.names("explainers").values()]
    assert constants >= set().union(*said)
