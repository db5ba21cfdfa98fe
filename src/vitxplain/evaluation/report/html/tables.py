"""The tables of report.html: methods by metrics, and those of columns."""

from collections.abc import Mapping, Sequence
from typing import Final

from vitxplain.evaluation.report.cells import direction, interval, short
from vitxplain.evaluation.report.columns import Column, TableRow
from vitxplain.evaluation.report.html.curves import sample
from vitxplain.evaluation.report.html.markup import Markup, breakable, element, join
from vitxplain.evaluation.report.matrix import SummaryRow, metrics_of
from vitxplain.metrics.base import Metric
from vitxplain.render.method_looks import method_look

ARROWS: Final = {"higher": "↑", "lower": "↓", "neither": ""}
VERDICTS: Final = {"yes": ("✓", "better than the best control"), "no": ("✗", "worse than the best control")}
MEANING: Final = (
    "best: no other method of the model and no control is better by more than chance, image by image; tied: cannot be "
    "told from the best. ✓ better than the best control, ✗ worse than it, by more than chance. Below each mean its "
    "95 % interval."
)


def matrix(rows: Sequence[SummaryRow], metrics: Mapping[str, Metric]) -> Markup:
    """A block for each model: its methods, the controls apart below them."""
    names = metrics_of(rows)
    tops = {name: max([1.0, *(row.scores[name].mean for row in rows if name in row.scores)]) for name in names}
    blocks = []
    for model in dict.fromkeys(row.model for row in rows):
        of_model = [row for row in rows if row.model == model]
        lines = [_wide("model", model, len(names))]
        lines += [_line(row, tops) for row in of_model if not row.control]
        if any(row.control for row in of_model):
            lines.append(_wide("apart", "controls, which know nothing of the model", len(names)))
        lines += [_line(row, tops) for row in of_model if row.control]
        blocks.append(element("tbody", *lines))
    heads = [_head(name, metrics[name]) for name in names]
    table = element("table", element("thead", element("tr", element("td"), *heads)), *blocks, class_="matrix")
    return join(_scrolled(table, "Methods by metrics"), element("p", MEANING, class_="key"))


def column_table(columns: Sequence[Column[TableRow]], rows: Sequence[TableRow], label: str) -> Markup:
    """As the tables of evaluation.md."""
    shown = [column for column in columns if column.shown(rows)]
    head = element("tr", *(element("th", column.heading, scope="col") for column in shown))
    lines = [element("tr", *(element("td", column.cell(row)) for column in shown)) for row in rows]
    return _scrolled(element("table", element("thead", head), element("tbody", *lines)), label)


def _scrolled(table: Markup, label: str) -> Markup:
    """A region that scrolls by itself, by keys too."""
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=label)


def _head(name: str, metric: Metric) -> Markup:
    way = element("small", f"{ARROWS[metric.better]} {direction(metric.better)}".strip())
    return element("th", breakable(name), way, scope="col")


def _wide(kind: str, words: str, metrics: int) -> Markup:
    return element("tr", element("th", element("span", words), colspan=metrics + 1, scope="rowgroup"), class_=kind)


def _line(row: SummaryRow, tops: Mapping[str, float]) -> Markup:
    name = element("th", sample(row.method, control=row.control), breakable(row.method), scope="row")
    return element(
        "tr", name, *(_cell(row, metric, top) for metric, top in tops.items()), class_=row.control and "control"
    )


def _cell(row: SummaryRow, metric: str, top: float) -> Markup:
    score = row.scores.get(metric)
    if score is None:
        return element("td")
    mean, _, reach = short(score).partition(" ")
    standing, (sign, words) = row.standings.get(metric), VERDICTS.get(row.verdicts.get(metric, ""), ("", ""))
    share = max(0.0, min(1.0, score.mean / top)) if score.mean == score.mean else 0.0
    colour = method_look(row.method, control=row.control).colour
    return element(
        "td",
        element("b", mean) if standing else mean,
        element("span", sign, class_=f"sign {row.verdicts[metric]}", title=words) if sign else None,
        element("span", standing, class_=f"mark {standing}") if standing else None,
        element("small", reach or None),
        element("i", style=f"width:{share:.1%};background:{colour}"),
        title=interval(score),
    )
