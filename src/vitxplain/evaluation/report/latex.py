"""matrix.tex: methods by metrics as a table for a paper."""

from collections.abc import Mapping, Sequence
from typing import Final

from vitxplain import escape
from vitxplain.evaluation.report.cells import short
from vitxplain.evaluation.report.matrix import SummaryRow, metrics_of
from vitxplain.metrics.base import Better

ARROWS: Final[dict[Better, str]] = {"higher": r"$\uparrow$", "lower": r"$\downarrow$", "neither": ""}
LAST_LETTER: Final = "\u017f"  # of Latin, as far as every LaTeX has letters


def latex_matrix(rows: Sequence[SummaryRow], better: Mapping[str, Better], about: str) -> str:
    r"""A `tabular` with the rules of booktabs: a block for each model, its controls below a line, bold what is best.

    Where a method cannot be told from the best, it is bold, too. The arrows say which way is better.
    """
    metrics = metrics_of(rows)
    heads = [f"{escape.latex(name)} {ARROWS[better[name]]}".rstrip() for name in metrics]
    names = "".join([about, *metrics, *(f"{row.model}{row.method}" for row in rows)])
    other = ["% Letters of other scripts take XeLaTeX or LuaLaTeX, and a font that has them."]
    lines = [
        f"% {escape.latex(about)}. In the preamble: \\usepackage{{booktabs}}",
        "% Bold: no other method of the model and no control is better by more than chance.",
        r"% Too wide for a column: \resizebox{\columnwidth}{!}{\input{matrix}}, with graphicx, or a table*.",
        *(other if max(names, default="") > LAST_LETTER else []),
        f"\\begin{{tabular}}{{l{'r' * len(metrics)}}}",
        r"\toprule",
        _line(["", *heads]),
    ]
    for before, row in zip([None, *rows], rows, strict=False):
        if before is None or before.model != row.model:
            lines += [r"\midrule", f"\\multicolumn{{{len(metrics) + 1}}}{{l}}{{{escape.latex(row.model)}}} \\\\"]
        elif row.control and not before.control:
            lines.append(f"\\cmidrule{{1-{len(metrics) + 1}}}")
        method = escape.latex(row.method)
        lines.append(
            _line([rf"\textit{{{method}}}" if row.control else method, *(_cell(row, name) for name in metrics)])
        )
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _cell(row: SummaryRow, metric: str) -> str:
    mean = short(row.scores.get(metric)).partition(" ")[0].replace("-", "$-$").replace("–", "--")
    return rf"\textbf{{{mean}}}" if metric in row.standings else mean
