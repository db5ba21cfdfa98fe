"""Methods by metrics, from lines that are known: on the terminal, in CSV and in LaTeX."""

import io

from rich.console import Console

from vitxplain.cli.evaluate.matrix import MEANING, print_matrix
from vitxplain.evaluation.report.columns import record
from vitxplain.evaluation.report.latex import latex_matrix
from vitxplain.evaluation.report.matrix import SummaryRow, summary_columns
from vitxplain.metrics.intervals import Interval


def line(method: str, scores: dict[str, float], verdicts=None, standings=None, *, control: bool = False) -> SummaryRow:
    intervals = {name: Interval(score, score - 0.1, score + 0.1) for name, score in scores.items()}
    return SummaryRow("digits", "my_net", method, control, intervals, verdicts or {}, standings or {}, None)


LINES = [
    line("cam", {"iou": 0.75, "deletion:blur": 0.25}, {"iou": "yes"}, {"iou": "best", "deletion:blur": "tied"}),
    line("rise", {"iou": 0.5, "deletion:blur": -0.5}, {"iou": "no"}, {"deletion:blur": "best"}),
    line("centre", {"iou": 0.6, "deletion:blur": float("nan")}, control=True),
]


def test_every_number_has_its_mark():
    stream = io.StringIO()
    print_matrix(LINES, Console(file=stream, width=40))
    _, *lines = stream.getvalue().splitlines()
    assert [text.split() for text in lines[:6]] == [
        ["deletion:"],
        ["iou", "blur"],
        ["my_net"],
        ["cam", "0.75", "+", "0.25", "="],
        ["rise", "0.50", "x", "-0.50", "+"],
        ["centre", "0.60", "–"],
    ]
    assert " ".join(text.strip() for text in lines[6:]) == MEANING


def test_it_stands_only_where_it_fits_and_says_more_than_the_table():
    for lines, width in ((LINES, 20), ([line("cam", {"iou": 0.75})], 100)):
        stream = io.StringIO()
        print_matrix(lines, Console(file=stream, width=width))
        assert not stream.getvalue()


def test_csv_says_who_is_best_and_who_is_tied():
    records = [record(summary_columns(LINES), row) for row in LINES]
    assert [row["iou standing"] for row in records] == ["best", None, None]
    assert [row["deletion:blur standing"] for row in records] == ["tied", "best", None]
    assert records[0]["iou low"] == 0.65


def test_latex_has_what_is_best_in_bold_and_controls_below_a_line():
    text = latex_matrix(LINES, {"iou": "higher", "deletion:blur": "lower"}, "my_net on digits, 9 images")
    assert text.splitlines()[3:] == [
        r"\begin{tabular}{lrr}",
        r"\toprule",
        r" & iou $\uparrow$ & deletion:blur $\downarrow$ \\",
        r"\midrule",
        r"\multicolumn{3}{l}{my\_net} \\",
        r"cam & \textbf{0.75} & \textbf{0.25} \\",
        r"rise & 0.50 & \textbf{$-$0.50} \\",
        r"\cmidrule{1-3}",
        r"\textit{centre} & 0.60 & -- \\",
        r"\bottomrule",
        r"\end{tabular}",
    ]
