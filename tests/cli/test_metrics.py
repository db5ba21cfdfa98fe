"""vitx metrics."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from tests.plugin_site import add_package
from vitxplain import registry
from vitxplain.cli.shared.registered import text_and_paper

Vitx = Callable[..., Said]

BREADTH = '''
from dataclasses import dataclass
from vitxplain.plugins import Metric

@dataclass(frozen=True)
class Breadth(Metric):
    """How broad the map is (nobody 2020)."""

    scale: float = 1.0
    better = "lower"
    needs = frozenset({"mask", "model"})

    def score(self, case):
        return self.scale
'''


def test_metrics(vitx: Vitx):
    said = vitx("metrics")
    assert said.code == 0
    header, *lines = said.out.splitlines()
    assert header.split() == ["Metric", "Better", "Needs", "What", "it", "measures", "Paper"]
    rows = {line.split()[0]: line.split() for line in lines if line}
    assert rows["deletion"][1:3] == ["lower", "model"]
    assert rows["iou"][1:3] == ["higher", "mask"]
    assert rows["sparseness"][1:3] == ["neither", "How"]
    assert "vitx evaluate --metrics METRIC" in said.out
    assert "vitx evaluate" not in vitx("metrics", "--quiet").out


def test_metrics_on_a_narrow_terminal(vitx: Vitx, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    said = vitx("metrics")
    assert "arXiv" not in said.out
    assert max(map(len, said.out.splitlines())) <= 80


def test_what_the_list_reads_from_the_source_is_what_the_classes_say(vitx: Vitx):
    rows = {row["metric"]: row for row in vitx("metrics", "--json").json}
    assert list(rows) == list(registry.names("metrics"))
    for name, row in rows.items():
        metric = registry.load("metrics", name)
        assert (row["better"], row["needs"]) == (metric.better, sorted(metric.needs)), name
        assert row["summary"]


def test_metrics_of_plugins_say_their_package_and_are_not_imported(vitx: Vitx, plugins: Path):
    add_package(plugins, "broad-plugin", BREADTH, {"breadth": "Breadth"}, kind="metrics")
    (line,) = [line for line in vitx("metrics").out.splitlines() if line.startswith("breadth")]
    assert line.rstrip().endswith("broad-plugin 1.0")
    (row,) = [row for row in vitx("metrics", "--json").json if row["metric"] == "breadth"]
    assert row == {
        "metric": "breadth",
        "summary": "How broad the map is (nobody 2020)",
        "packages": ["broad-plugin 1.0"],
        "better": "lower",
        "needs": ["mask", "model"],
    }
    assert "broad_plugin" not in sys.modules
    first, about, *_ = vitx("metrics", "breadth").out.splitlines()
    assert first == "breadth: How broad the map is (nobody 2020)."
    assert about == "Better: lower. Needs: a mask or box of the object and the model. From broad-plugin 1.0."


def test_options_of_a_metric(vitx: Vitx):
    said = vitx("metrics", "deletion")
    assert said.code == 0
    first, about, _, header, *rows, _, how = said.out.splitlines()
    assert first.startswith("deletion: How long the class survives")
    assert about == "Better: lower. Needs: the model."
    assert header.split() == ["Option", "Takes", "Default", "What", "it", "does"]
    assert [row.split()[0] for row in rows] == ["baseline", "steps", "seed"]
    assert how == "vitx evaluate --metrics deletion -o baseline=VALUE"
    assert vitx("metrics", "deletion", "--quiet").out.split()[:2] == ["Option", "Takes"]
    (found,) = vitx("metrics", "Deletion", "--json").json
    assert found["options"][1]["default"] == 20


def test_options_that_a_base_class_describes_have_their_help(vitx: Vitx):
    (found,) = vitx("metrics", "f1", "--json").json
    assert all(option["help"] for option in found["options"])


def test_no_options(vitx: Vitx):
    assert vitx("metrics", "sparseness").out.endswith("Needs: the map alone.\n\nIt has no options.\n")


def test_no_such_metric(vitx: Vitx):
    said = vitx("metrics", "deletoin")
    assert said.code == 2
    assert "no metric is called 'deletoin'. Did you mean deletion" in said.err


def test_listing_imports_neither_torch_nor_numpy():
    program = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from vitxplain.cli.main import app\n"
        "said = CliRunner().invoke(app, ['metrics'])\n"
        "assert said.exit_code == 0, said.output\n"
        "print(sorted({'torch', 'numpy', 'vitxplain.metrics.base'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("summary", "text", "paper"),
    [
        ("What it is (Ours 2020, eq. 3)", "What it is", "Ours 2020, eq. 3"),
        ("Overlap (Jaccard's index)", "Overlap (Jaccard's index)", ""),
        ("A (b) and c (Ours 2020)", "A (b) and c", "Ours 2020"),
        ("What it is", "What it is", ""),
    ],
)
def test_a_paper_is_what_has_a_year(summary: str, text: str, paper: str):
    assert text_and_paper(summary) == (text, paper)
