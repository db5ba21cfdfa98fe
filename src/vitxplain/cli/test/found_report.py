"""What `vitx test` says of a detector or a segmenter: a row for each class, and one line of figures."""

from collections.abc import Sequence
from math import isnan
from pathlib import Path
from typing import Any, Final

from vitxplain.assessment.objects import files as object_files
from vitxplain.assessment.objects.assessment import ObjectAssessment
from vitxplain.assessment.pixels import files as pixel_files
from vitxplain.assessment.pixels.assessment import PixelAssessment
from vitxplain.cli.shared.console import out, print_table, printable
from vitxplain.words import percent

SHOWN: Final = 20  # classes


def print_objects(assessment: ObjectAssessment, files: Sequence[Path]) -> None:
    """Average precision of each class, at an overlap of 0.5 and over 0.5 to 0.95."""
    precision = assessment.precision
    rows = object_files.per_class(assessment)
    total = ("mean of classes", int(precision.objects.sum()), precision.map50, precision.map)
    _print_table(assessment, ["Class", "Objects", "AP50", "AP50:95"], rows, total)
    _print_figures(f"mAP50 {_share(precision.map50)} · mAP50:95 {_share(precision.map)}", files)


def print_pixels(assessment: PixelAssessment, files: Sequence[Path]) -> None:
    """Intersection over union of each class."""
    overlap = assessment.overlap
    rows = pixel_files.per_class(assessment)
    total = ("mean of classes", int(assessment.confusion.sum()), overlap.miou)
    _print_table(assessment, ["Class", "Pixels", "IoU"], rows, total)
    _print_figures(f"mIoU {_share(overlap.miou)} · pixel accuracy {_share(overlap.pixel_accuracy)}", files)


def _print_table(assessment: Any, head: list[str], rows: Sequence[tuple[Any, ...]], total: tuple[Any, ...]) -> None:
    console = out()
    skipped = f", {len(assessment.skipped)} skipped" if assessment.skipped else ""
    number = len(assessment.names)
    images = f"{number:,} {'image' if number == 1 else 'images'}{skipped}"
    console.print(f"{printable(assessment.data.name)} ({assessment.data.split}), {images}\n", soft_wrap=True)
    shown = rows
    if len(rows) > SHOWN:
        shown = sorted(rows, key=lambda row: (isnan(row[-1]), row[-1]))[:SHOWN]
    print_table(head, [_cells(row) for row in (*shown, total)], console)
    if len(rows) > SHOWN:
        console.print(f"the {SHOWN} classes of lowest {head[-1]} of {len(rows)}; all are in per_class.csv")


def _print_figures(figures: str, files: Sequence[Path]) -> None:
    out().print(f"\n{figures}", style="bold", soft_wrap=True)
    out().print(f"{printable(files[0].parent)}: {', '.join(file.name for file in files)}", soft_wrap=True)


def _cells(row: tuple[Any, ...]) -> tuple[str, ...]:
    name, count, *shares = row
    return (printable(name), f"{count:,}", *map(_share, shares))


def _share(value: float) -> str:
    return "–" if isnan(value) else percent(value)
