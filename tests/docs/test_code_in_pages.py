"""Pages that show code as it stands, so that it can be read without a site, show that of a program which tests run."""

from pathlib import Path

import pytest

from tests.docs.test_commands_in_docs import ROOT, blocks


@pytest.mark.parametrize("page", ["test-a-model", "watch-training"])
def test_code_is_that_of_the_example(page: str):
    program = (ROOT / "examples" / "watch_training.py").read_text("utf-8")
    (code,) = blocks(ROOT / "docs" / "how-to" / f"{page}.md", "python")
    assert f"\n{code}" in program
    assert "`examples/watch_training.py`" in Path(ROOT / "docs" / "how-to" / f"{page}.md").read_text("utf-8")
