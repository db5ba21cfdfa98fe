"""Every metric has its page, in the navigation and in the table of all."""

from pathlib import Path

import pytest

from vitxplain import registry
from vitxplain.options.parse import option_types

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "metrics"
OWN = [name for name, point in registry.names("metrics").items() if point.module.startswith("vitxplain.")]


def test_there_is_a_page_for_each_and_no_other():
    assert {page.stem for page in PAGES.glob("*.md")} == {"index", *OWN}


@pytest.mark.parametrize("name", OWN)
def test_a_page_says_what_it_must(name: str):
    text, metric = (PAGES / f"{name}.md").read_text("utf-8"), registry.load("metrics", name)
    assert "## What it answers" in text
    assert "## When not to trust it" in text
    assert f"::: {metric.__module__}.{metric.__name__}\n" in text
    way = {"higher": "**Higher is better", "lower": "**Lower is better", "neither": "**Neither direction is better"}
    assert way[metric.better] in text
    for option in option_types(metric):
        assert f"\n`{option}`\n:   " in text


@pytest.mark.parametrize("name", OWN)
def test_a_metric_is_in_the_table_and_in_the_navigation(name: str):
    assert f"[{name}]({name}.md)" in (PAGES / "index.md").read_text("utf-8")
    assert f": metrics/{name}.md\n" in (ROOT / "mkdocs.yml").read_text("utf-8")


def test_the_table_names_the_baseline_each_takes():
    rows = [line for line in (PAGES / "index.md").read_text("utf-8").splitlines() if "](" in line]
    for name in OWN:
        if "baseline" in option_types(metric := registry.load("metrics", name)):
            (row,) = [row for row in rows if f"[{name}]" in row]
            assert f"`{metric().baseline}`" in row
