"""An evaluation on disk: numbers for programs, tables for people, pictures for the eye."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vitxplain.evaluation.evaluation import Evaluation
from vitxplain.evaluation.failures import sentences
from vitxplain.evaluation.report.bars import score_bars
from vitxplain.evaluation.report.cells import better
from vitxplain.evaluation.report.curve_plots import curve_plots
from vitxplain.evaluation.report.extremes import extreme_sheets
from vitxplain.evaluation.report.markdown import markdown
from vitxplain.explanation.provenance import versions
from vitxplain.explanation.record import plain
from vitxplain.files.tables import csv_bytes
from vitxplain.files.write import write_together
from vitxplain.render.figure import png_bytes
from vitxplain.words import slug, source_name

SCHEMA = 1
SHEETS = "best-and-worst"


def save(found: Evaluation, folder: Path) -> list[Path]:
    """Write everything together; the paths. Pictures and tables of an earlier one that this one lacks go away.

    Raises:
        OutputError: the folder cannot be written; nothing half-written stays.
    """
    said, in_short = about(found), _in_short(found)
    files = {
        "evaluation.json": (json.dumps(to_json(found), indent=2, ensure_ascii=False) + "\n").encode(),
        "evaluation.csv": _table(found.records()),
        "images.csv": _table(list(_images(found))),
        "evaluation.md": markdown(found, said).encode(),
        "scores.png": png_bytes(score_bars(found, in_short)),
    }
    if found.costs:
        files["cost.csv"] = _table([{**asdict(cost), "ratio": cost.ratio} for cost in found.costs])
    if curves := curve_plots(found, in_short):
        files["curves.png"] = png_bytes(curves)
    for (model, method), sheet in extreme_sheets(found).items():
        files[_sheet_file(model, method)] = png_bytes(sheet)
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
        rows = json.loads((folder / "evaluation.json").read_text(encoding="utf-8"))["rows"]
        return {"curves.png", "cost.csv"} | {_sheet_file(row["model"], row["method"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def about(found: Evaluation) -> str:
    """What was evaluated, in one line."""
    return f"{', '.join(found.models)} {_on(found)}"


def _in_short(found: Evaluation) -> str:
    """The same above a picture, which names several models itself."""
    return f"{found.models[0] if len(found.models) == 1 else f'{len(found.models)} models'} {_on(found)}"


def _on(found: Evaluation) -> str:
    count = len({line.image for line in found.lines})
    return f"on {source_name(found.data.name)} ({found.data.split}), {count:,} images"


def to_json(found: Evaluation) -> dict[str, Any]:
    """Everything but the scores of single images; what is not defined is null."""
    return plain(
        {
            "schema": SCHEMA,
            "preset": found.preset,
            "data": {**found.asked["data"], "scored": len({line.image for line in found.lines})},
            "models": {
                name: {**facts, "answers": found.answers[name].record() if name in found.answers else None}
                for name, facts in found.asked["models"].items()
            },
            "methods": found.asked["methods"],
            "metrics": {
                name: {"options": asdict(metric), "better": metric.better}  # type: ignore[call-overload]
                for name, metric in found.metrics.items()
            },
            "interval": {"level": 0.95, "method": "bootstrap over images, percentile, 2,000 times"},
            "rows": found.records(),
            "comparisons": [
                {
                    "metric": one.metric,
                    "first": dict(zip(("model", "method"), one.first, strict=True)),
                    "second": dict(zip(("model", "method"), one.second, strict=True)),
                    "difference": one.difference.mean,
                    "low": one.difference.low,
                    "high": one.difference.high,
                    "images": one.images,
                    "better": better(one),
                }
                for one in found.comparisons
            ],
            "costs": [{**asdict(cost), "ratio": cost.ratio} for cost in found.costs],
            "notes": found.notes,
            "left_out": found.left_out,
            "failures": sentences(found.failures),
            "skipped": found.skipped,
            "versions": versions(),
        }
    )


def _images(found: Evaluation) -> Iterable[dict[str, Any]]:
    for line in found.lines:
        kinds = {"constant": line.constant, "broken": line.broken, "stretched": line.stretched, "control": line.control}
        scores = {name: line.scores.get(name) for name in found.metrics}
        yield {"model": line.model, "method": line.method, "image": line.image, **scores, **kinds}


def _table(rows: Sequence[dict[str, Any]]) -> bytes:
    """Numbers to six places, nothing for what is not defined."""
    return csv_bytes(rows[0], ([_cell(value) for value in row.values()] for row in rows)) if rows else b""


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float):
        return "" if value != value else f"{value:.6g}"
    return "" if value is None else value


def _sheet_file(model: str, method: str) -> str:
    names = (slug(name, empty="maps", keep=".=-") for name in (model, method))
    return f"{SHEETS}/{'.'.join(names)}.png"
