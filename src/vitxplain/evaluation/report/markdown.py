"""evaluation.md: the table for a page, with what it rests on."""

from collections.abc import Iterable, Sequence

from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.failures import sentences
from vitxplain.evaluation.report.cells import COUNTS, better, direction, interval
from vitxplain.evaluation.table.comparison import Comparison
from vitxplain.evaluation.table.rows import Row

COMPARED = (
    "The mean difference, image by image. Above zero the first is better, whichever way the metric runs; where neither "
    "way is better, the first is greater. Each interval is about one comparison: of twenty one is wrong by chance."
)


def markdown(found: Evaluation, about: str) -> str:
    """Headings, tables and sentences."""
    parts = [f"# Evaluation\n\n{about}."]
    parts += ["\n".join(f"- {one}" for one in found.answers.values())] if found.answers else []
    parts.append(
        "Brackets are bootstrap 95 % intervals over images. Pooled is the figure of all pixels of all images together. "
        "The lead is the mean difference to the best control, image "
        "by image, counted so that above zero is better; a control knows nothing of the model."
    )
    for model in found.models:
        for name, metric in found.metrics.items():
            if rows := [row for row in found.rows if (row.model, row.metric) == (model, name)]:
                parts.append(f"## {model}: {name}\n\n`{metric!r}`; {direction(metric.better)}.\n\n{_scores(rows)}")
    if found.comparisons:
        parts.append(f"## One against the other\n\n{COMPARED}\n\n{_comparisons(found.comparisons, len(found.models))}")
    if found.costs:
        spent = [
            (
                cost.model,
                cost.method,
                f"{cost.parameters:,}",
                f"{1000 * cost.seconds:.1f}",
                f"{cost.ratio:.2f}",
                f"{cost.flops / 1e9:.2f}",
                f"{cost.flops / max(cost.forward_flops, 1):.2f}",
                "" if cost.memory is None else f"{cost.memory / 2**20:.0f}",
            )
            for cost in found.costs
        ]
        head = (
            "model",
            "method",
            "parameters",
            "ms an image",
            "in forward passes",
            "GFLOPs",
            "in forward passes",
            "MiB",
        )
        parts.append(f"## Cost\n\n{table(head, spent)}")
    if found.notes:
        parts.append("## Notes\n\n" + "\n".join(f"- {one}" for one in found.notes))
    said = [*found.left_out, *sentences(found.failures), *(f"skipped: {one}" for one in found.skipped)]
    if said:
        parts.append("## Left out\n\n" + "\n".join(f"- {one}" for one in said))
    return "\n\n".join(parts) + "\n"


def _scores(rows: Sequence[Row]) -> str:
    pooled = any(row.pooled is not None for row in rows)
    chosen = any(row.threshold is not None for row in rows)
    counted = [name for name in COUNTS if any(getattr(row, name) for row in rows)]
    head = [
        "method",
        "score",
        *(["pooled"] if pooled else []),
        *(["threshold"] if chosen else []),
        "lead",
        "beats controls",
        "images",
        *counted,
    ]
    cells = [
        [
            f"*{row.method}* (control)" if row.control else row.method,
            interval(row.score),
            *(["" if row.pooled is None else interval(row.pooled)] if pooled else []),
            *(["–" if row.threshold is None else f"> {row.threshold:.2f}"] if chosen else []),
            f"{interval(row.lead, signed=True)} over {row.rival}" if row.lead else "",
            row.verdict,
            f"{row.images:,}",
            *(f"{getattr(row, name):,}" for name in counted),
        ]
        for row in rows
    ]
    return table(head, cells)


def _comparisons(compared: Sequence[Comparison], models: int) -> str:
    rows = [
        (one.metric, one.words(models=models), interval(one.difference, signed=True), better(one)) for one in compared
    ]
    return table(("metric", "one over another", "difference", "better"), rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
