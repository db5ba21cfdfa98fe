"""The five files of an assessment, whatever it is of, written together."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import vitxplain.render.backend  # noqa: F401 - before matplotlib

# isort: split
from matplotlib.figure import Figure

from vitxplain.escape import utf8
from vitxplain.files.tables import csv_bytes
from vitxplain.files.write import write_together
from vitxplain.render.figure import png_bytes

Table: TypeAlias = tuple[Sequence[str], Iterable[Sequence[Any]]]  # columns and rows


def write_report(
    folder: Path,
    facts: Mapping[str, Any],
    per_class: Table,
    predictions: Table,
    confusion: Figure,
    worst: Figure | None,
) -> list[Path]:
    """Write everything together; the paths. Without `worst` the picture of an earlier test goes.

    Raises:
        OutputError: the folder cannot be written; nothing half-written stays.
    """
    files = {
        "test.json": utf8(json.dumps(facts, indent=2, ensure_ascii=False) + "\n"),
        "per_class.csv": csv_bytes(*per_class),
        "predictions.csv": csv_bytes(*predictions),
        "confusion.png": png_bytes(confusion),
    }
    if worst:
        files["worst.png"] = png_bytes(worst)
    written = write_together({folder / name: content for name, content in files.items()})
    if not worst:  # those of an earlier test would pass for this one's
        (folder / "worst.png").unlink(missing_ok=True)
    return written
