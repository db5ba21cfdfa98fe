"""An evaluation on disk: numbers for programs, tables for people, pictures for the eye."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import Any

import vitxplain.render.backend  # noqa: F401 - before matplotlib
from vitxplain.escape import utf8
from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.failures import sentences
from vitxplain.evaluation.report.bars import score_bars
from vitxplain.evaluation.report.cells import COST_COLUMNS, comparison_columns, image_columns
from vitxplain.evaluation.report.columns import record
from vitxplain.evaluation.report.curve_plots import curve_plots
from vitxplain.evaluation.report.extremes import extreme_sheets
from vitxplain.evaluation.report.html.page import ReportPart, report_page
from vitxplain.evaluation.report.latex import latex_matrix
from vitxplain.evaluation.report.markdown import markdown
from vitxplain.evaluation.report.matrix import summary, summary_columns
from vitxplain.explanation.provenance import versions
from vitxplain.explanation.record import plain
from vitxplain.files.documents import expected, read_object
from vitxplain.files.tables import csv_bytes
from vitxplain.files.write import write_together
from vitxplain.render.figure import png_bytes
from vitxplain.words import counted, slug, source_name

SCHEMA = 1
SHEETS = "best-and-worst"
REPORT = "report.html"


def save(evaluation: Evaluation, folder: Path, command: str | None = None) -> list[Path]:
    """Write everything together; the paths, report.html first. What an earlier one wrote and this one lacks goes away.

    `command` is what was typed, for the report.

    Raises:
        OutputError: the folder cannot be written; nothing half-written stays.
    """
    in_short, columns = _in_short(evaluation), image_columns(evaluation.metrics)
    lines = summary({source_name(evaluation.data.name): evaluation})
    better = {name: metric.better for name, metric in evaluation.metrics.items()}
    files = {
        "evaluation.json": utf8(json.dumps(to_json(evaluation), indent=2, ensure_ascii=False) + "\n"),
        "evaluation.csv": records_csv(evaluation.records()),
        "matrix.csv": records_csv(record(summary_columns(lines), line) for line in lines),
        "matrix.tex": utf8(latex_matrix(lines, better, about(evaluation))),
        "images.csv": records_csv(record(columns, map_scores) for map_scores in evaluation.map_scores),
        "evaluation.md": utf8(markdown(evaluation, about(evaluation))),
        "scores.png": png_bytes(score_bars(evaluation, in_short)),
    }
    if evaluation.costs:
        files["cost.csv"] = records_csv(record(COST_COLUMNS, cost) for cost in evaluation.costs)
    if curves := curve_plots(evaluation, in_short):
        files["curves.png"] = png_bytes(curves)
    sheets = {key: png_bytes(sheet) for key, sheet in extreme_sheets(evaluation).items()}
    files |= {_sheet_file(*key): picture for key, picture in sheets.items()}
    part = ReportPart(evaluation, about(evaluation), list(files), sheets)
    files = {REPORT: utf8(report_page({source_name(evaluation.data.name): part}, command)), **files}
    stale = _written(folder) - files.keys()
    paths = write_together({folder / name: content for name, content in files.items()})
    for name in stale:
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # not there, or not empty
        (folder / SHEETS).rmdir()
    return paths


def _written(folder: Path) -> set[str]:
    """What an earlier evaluation may have written here that not every one has; nothing without its numbers."""
    try:
        rows = expected(read_object(folder / "evaluation.json"), "rows", list)
        named = {_sheet_file(expected(row, "model", str), expected(row, "method", str)) for row in rows}
        return {"curves.png", "cost.csv"} | named
    except (OSError, ValueError, RecursionError):
        return set()


def about(evaluation: Evaluation) -> str:
    """What was evaluated, in one line."""
    return f"{', '.join(evaluation.models)} {_on(evaluation)}"


def _in_short(evaluation: Evaluation) -> str:
    """The same above a picture, which names several models itself."""
    models = evaluation.models
    return f"{models[0] if len(models) == 1 else f'{len(models)} models'} {_on(evaluation)}"


def _on(evaluation: Evaluation) -> str:
    data = evaluation.data
    regions = {subject for method in evaluation.method_scores for subject in method.subjects if subject[1]}
    truth = next((entry.truth for entry in evaluation.entries if entry.truth), None)
    of_regions = f"{counted(len(regions), truth.noun, truth.nouns)} in " if truth else ""
    return f"on {source_name(data.name)} ({data.split}), {of_regions}{counted(_image_count(evaluation), 'image')}"


def _image_count(evaluation: Evaluation) -> int:
    return len({image for method in evaluation.method_scores for image, _ in method.subjects})


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """Everything but the scores of single images; what is not defined is null."""
    accuracies, columns = evaluation.accuracies, comparison_columns(len(evaluation.models))
    return plain(
        {
            "schema": SCHEMA,
            "preset": evaluation.preset,
            "data": {**evaluation.fingerprint["data"], "scored": _image_count(evaluation)},
            "models": {
                name: {**facts, "answers": accuracies[name].record() if name in accuracies else None}
                for name, facts in evaluation.fingerprint["models"].items()
            },
            "methods": evaluation.fingerprint["methods"],
            "metrics": {
                name: {"options": asdict(metric), "better": metric.better}  # type: ignore[call-overload]
                for name, metric in evaluation.metrics.items()
            },
            "interval": {"level": 0.95, "method": "bootstrap over images, percentile, 2,000 times"},
            "rows": evaluation.records(),
            "comparisons": [record(columns, comparison) for comparison in evaluation.comparisons],
            "verdicts": [verdict.record() for verdict in evaluation.verdicts],
            "costs": [record(COST_COLUMNS, cost) for cost in evaluation.costs],
            "notes": evaluation.notes,
            "left_out": evaluation.left_out,
            "not_tested": evaluation.not_tested.record(),
            "failures": sentences(evaluation.failures),
            "skipped": evaluation.skipped,
            "versions": versions(),
        }
    )


def records_csv(records: Iterable[Mapping[str, Any]]) -> bytes:
    """A CSV file with the keys of the records as its head: numbers to six places, nothing for what is not defined."""
    rows = iter(records)
    if (first := next(rows, None)) is None:
        return b""
    return csv_bytes(first, ([_cell(value) for value in row.values()] for row in chain([first], rows)))


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"
    return "" if value is None else value


def _sheet_file(model: str, method: str) -> str:
    names = (slug(name, empty="maps", keep=".=-") for name in (model, method))
    return f"{SHEETS}/{'.'.join(names)}.png"
