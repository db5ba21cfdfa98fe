"""The maps of several targets of one image on one sheet: STEM.METHOD.png, which no target of its own has."""

from collections.abc import Iterable
from pathlib import Path

from vitxplain.cli.explain.plan import Plan
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.storage import AUTO
from vitxplain.files.write import write_together


def save_sheets(explanations: Iterable[Explanation], plan: Plan, stem: str) -> dict[str, Path]:
    """By method the sheet of its maps, where it has several and pictures are asked for in no style of their own.

    Raises:
        OutputError: the folder cannot be written or the disk is full.
    """
    by_method: dict[str, list[Explanation]] = {}
    for explanation in explanations:
        if explanation.target is not None and explanation.axes.split()[-2:] == ["row", "column"]:
            by_method.setdefault(explanation.method, []).append(explanation)
    sheets = {}
    for method, maps in by_method.items():
        if len(maps) > 1 and "png" in plan.formats and plan.style in ("auto", "overlay"):
            from vitxplain.render.figure import png_bytes
            from vitxplain.render.sheets.target_sheet import target_sheet

            named = [stem, method, *([] if plan.style == AUTO else [plan.style]), "png"]
            path = plan.folder / ".".join(named)
            sheets[method] = write_together({path: png_bytes(target_sheet(maps))})[0]
    return sheets
