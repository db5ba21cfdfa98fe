"""The maps of several targets of one image on one sheet: STEM.METHOD.png, which no target of its own has."""

from collections.abc import Iterable
from pathlib import Path

from vitxplain.cli.explain.plan import Plan
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.storage import AUTO, PICTURES
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
        forms = [form for form in PICTURES if form in plan.formats]
        if len(maps) > 1 and forms and plan.draws_overlays:
            from vitxplain.render.figure import png_bytes
            from vitxplain.render.paper.vector import vector_bytes
            from vitxplain.render.sheets.target_sheet import target_sheet

            sheet = target_sheet(maps, plan.look)
            drawn = {
                form: png_bytes(sheet, plan.look.dpi) if form == "png" else vector_bytes(sheet, form, plan.look.dpi)
                for form in forms
            }
            name = ".".join([stem, method, *([] if plan.style == AUTO else [plan.style])])
            paths = {plan.folder / f"{name}.{form}": content for form, content in drawn.items()}
            sheets[method] = write_together(paths)[0]
    return sheets
