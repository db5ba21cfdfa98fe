"""The page with BibTeX has every paper that a method or a metric is of."""

import re
from pathlib import Path

from vitxplain import __version__

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAPERS = re.compile(r"^## (?:Paper and formula|Definition)\n(.*?)^## ", re.DOTALL | re.MULTILINE)


def test_every_paper_of_a_method_or_metric_has_an_entry():
    pages = [page for folder in ("methods", "metrics") for page in (DOCS / folder).glob("*.md")]
    parts = [part for page in pages for part in PAPERS.findall(page.read_text("utf-8"))]
    named = {number for part in parts for number in re.findall(r"arxiv\.org/abs/([\d.]+\d)", part)}
    assert len(named) > 15
    assert named - set(re.findall(r"eprint = \{([\d.]+)\}", (DOCS / "cite.md").read_text("utf-8"))) == set()


def test_the_version_to_cite_is_this_one():
    assert f"version = {{{__version__}}}" in (DOCS / "cite.md").read_text("utf-8")
    assert f"\nversion: {__version__}\n" in (DOCS.parent / "CITATION.cff").read_text("utf-8")
