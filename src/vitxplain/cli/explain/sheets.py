"""The maps of several targets of one image on one sheet.

Where targets were typed, its name has them all; STEM.METHOD.png is the picture of the top class, or the sheet of all
that a model found.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from vitxplain.cli.explain.plan import Plan
from vitxplain.explanation.explanation import Explanation
from vitxplain.explanation.storage import AUTO, PICTURES, file_label
from vitxplain.files.write import write_together
from vitxplain.words import slug

LONGEST: Final = 100  # characters of the names of all targets


def save_sheets(
    explanations: Iterable[Explanation], plan: Plan, stem: str, typed: Sequence[str] = ()
) -> dict[str, Path]:
    """By method the sheet of its maps, where it has several and pictures are asked for in no style of their own.

    `typed` are the targets as they were written.

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
            style = [] if plan.style == AUTO else [plan.style]
            name = ".".join([stem, method, *_named(maps, typed), *style])
            paths = {plan.folder / f"{name}.{form}": content for form, content in drawn.items()}
            sheets[method] = write_together(paths)[0]
    return sheets


def _named(maps: Sequence[Explanation], typed: Sequence[str]) -> list[str]:
    """The targets of a sheet as part of its name: none where none was typed, `all` as it stands."""
    if not typed:
        return []
    labels = [
        slug(label, empty="target", keep="=~,") for label in (typed if len(typed) == 1 else map(file_label, maps))
    ]
    name = "+".join(labels)
    return [name if len(name) <= LONGEST else f"{labels[0][:LONGEST]}+{len(labels) - 1}-more"]
