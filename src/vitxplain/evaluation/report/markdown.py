"""evaluation.md: the table for a page, with what it rests on."""

from collections.abc import Iterable

from vitxplain import escape
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.failures import sentences
from vitxplain.evaluation.report.cells import COST_COLUMNS, SCORE_COLUMNS, comparison_columns, direction
from vitxplain.evaluation.report.columns import markdown_table

COMPARED = (
    "The mean difference, image by image. Above zero the first is better, whichever way the metric runs; where neither "
    "way is better, the first is greater. Each interval is about one comparison: of twenty one is wrong by chance."
)
RESTS_ON = (
    "A method is best or tied by a metric where no other method of its model and no control is better by more than "
    "chance; those that count are the metrics with a better way by which a map that does not look at the image loses."
)


def markdown(evaluation: Evaluation, about: str) -> str:
    """Headings, tables and sentences."""
    parts = [f"# Evaluation\n\n{escape.markdown(about)}."]
    if evaluation.accuracies:
        parts.append(_list(str(accuracy) for accuracy in evaluation.accuracies.values()))
    if evaluation.verdicts:
        parts.append(f"## Verdict\n\n{_list(map(str, evaluation.verdicts))}\n\n{RESTS_ON}")
    parts.append(
        "Brackets are bootstrap 95 % intervals over images. Pooled is the figure of all pixels of all images together. "
        "The lead is the mean difference to the best control, image "
        "by image, counted so that above zero is better; a control knows nothing of the model."
    )
    for model in evaluation.models:
        for name, metric in evaluation.metrics.items():
            if rows := [row for row in evaluation.rows if (row.model, row.metric) == (model, name)]:
                title = f"{escape.markdown_name(model)}: {escape.markdown_name(name)}"
                options = escape.markdown(repr(metric))
                scores = markdown_table(SCORE_COLUMNS, rows)
                parts.append(f"## {title}\n\n`{options}`; {direction(metric.better)}.\n\n{scores}")
    if evaluation.comparisons:
        compared = markdown_table(comparison_columns(len(evaluation.models)), evaluation.comparisons)
        parts.append(f"## One against the other\n\n{COMPARED}\n\n{compared}")
    if evaluation.costs:
        parts.append(f"## Cost\n\n{markdown_table(COST_COLUMNS, evaluation.costs)}")
    if evaluation.notes:
        parts.append(f"## Notes\n\n{_list(evaluation.notes)}")
    skipped = [f"skipped: {image}" for image in evaluation.skipped]
    if left_out := [*evaluation.left_out, *sentences(evaluation.failures), *skipped]:
        parts.append(f"## Left out\n\n{_list(left_out)}")
    if evaluation.not_tested:
        parts.append(f"## Not tested\n\n{_list(evaluation.not_tested.sentences())}")
    return "\n\n".join(parts) + "\n"


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {escape.markdown(item)}" for item in items)
