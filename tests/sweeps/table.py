"""docs/supported-models.json: what the sweeps found, by library (and kind of model, where no classifier) and model."""

import json
from pathlib import Path
from typing import Any

PATH = Path(__file__).resolve().parents[2] / "docs" / "supported-models.json"


def read(library: str) -> dict[str, Any]:
    """The rows of one library, by model; of "versions", the version of each."""
    return _all().get(library, {})


def write(library: str, version: str, rows: dict[str, Any]) -> None:
    """Put the rows of one library ("timm"), or of one kind of its models ("torchvision detectors"), in place."""
    table = _all()
    table["versions"] = dict(sorted({**table.get("versions", {}), library.partition(" ")[0]: version}.items()))
    table[library] = rows
    PATH.write_text(json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def _all() -> dict[str, Any]:
    return json.loads(PATH.read_text("utf-8")) if PATH.exists() else {}
