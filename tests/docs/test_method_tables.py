"""Tables from which a method is chosen leave none out."""

import re
from pathlib import Path

import pytest

from vitxplain import load_model, registry
from vitxplain.evaluation.plan.methods import chosen_methods
from vitxplain.metrics.controls import CONTROLS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def cells(page: str, header: str) -> list[list[str]]:
    """The table that begins so: a list for each row."""
    table = (DOCS / page).read_text("utf-8").split(header, 1)[1].split("\n\n", 1)[0]
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines()[2:]]


def test_every_method_is_in_the_table_of_questions():
    rows = cells("methods/index.md", "| you ask | method |")
    own = [name for name, point in registry.names("explainers").items() if point.module.startswith("vitxplain.")]
    assert sorted(re.findall(r"\[([\w-]+)\]", " ".join(row[1] for row in rows))) == sorted(own)


@pytest.mark.parametrize("name", ["demo-vit", "demo-cnn"])
def test_every_method_that_fits_is_in_the_table_of_figures(name: str):
    rows = cells("how-to/choose-a-method.md", "| model | method |")
    fitting = chosen_methods(load_model(name, device="cpu"), ["all"], {}, None).explainers
    shown = [row[1].strip("*") for row in rows if row[0] == name]
    assert sorted(shown) == sorted([*fitting, *CONTROLS]), "run the command above the table again"
