"""The command line page is what the commands say of themselves."""

import runpy
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_page_is_current():
    page = runpy.run_path(str(DOCS / "cli_reference.py"))["page"]()
    assert "## vitx explain" in page
    assert (DOCS / "reference" / "cli.md").read_text("utf-8") == page, "run: python docs/cli_reference.py"
