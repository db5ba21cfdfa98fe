"""What `vitx test` says: one line of figures, and a row for each class."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vitxplain.assessment.assess import Assessment
from vitxplain.assessment.files import per_class
from vitxplain.assessment.objects.assessment import ObjectAssessment
from vitxplain.assessment.pixels.assessment import PixelAssessment
from vitxplain.cli.shared.console import out, print_table, printable
from vitxplain.cli.test.found_report import print_objects, print_pixels
from vitxplain.words import percent

SHOWN = 20  # classes
WIDE = 0.2  # an interval of accuracy wider than this tells little


def print_assessment(assessment: Any, files: Sequence[Path]) -> None:
    """The figures of a classifier, a detector or a segmenter."""
    if isinstance(assessment, ObjectAssessment):
        print_objects(assessment, files)
    elif isinstance(assessment, PixelAssessment):
        print_pixels(assessment, files)
    else:
        print_scores(assessment, files)


def print_scores(assessment: Assessment, files: Sequence[Path]) -> None:
    """The figures, the classes (the hardest, where there are many) and where the rest is."""
    scores, predictions = assessment.scores, assessment.predictions
    console = out()
    skipped = f", {len(predictions.skipped)} skipped" if predictions.skipped else ""
    images = f"{len(predictions.name):,} {'image' if len(predictions.name) == 1 else 'images'}"
    where = f"{printable(assessment.data.name)} ({assessment.data.split}), {images}{skipped}"
    macro = scores.macro
    console.print(f"{where}\n", soft_wrap=True)
    rows = [(printable(name), f"{count:,}", *map(_share, shares)) for name, count, *shares in per_class(assessment)]
    order = (
        np.argsort(np.nan_to_num(scores.f1, nan=2.0), kind="stable")[:SHOWN] if len(rows) > SHOWN else range(len(rows))
    )
    mean = ("mean of classes", f"{len(predictions.name):,}", *(_share(macro[name]) for name in macro))
    print_table(["Class", "Images", "Precision", "Recall", "F1"], [*(rows[int(i)] for i in order), mean], console)
    if len(rows) > SHOWN:
        console.print(f"the {SHOWN} classes of lowest F1 of {len(rows)}; all are in per_class.csv")
    top5 = "" if scores.top5 is None else f" · top-5 {percent(scores.top5)}"
    _, low, high = scores.top1_interval
    sure = f"(95 % interval {percent(low)} to {percent(high)})"
    console.print(f"\ntop-1 {percent(scores.top1)} {sure}{top5} · loss {scores.loss:.4f}", style="bold", soft_wrap=True)
    if high - low > WIDE:
        console.print(f"too few images to tell {percent(low)} from {percent(high)}")
    console.print(f"{printable(files[0].parent)}: {', '.join(file.name for file in files)}", soft_wrap=True)


def _share(value: float) -> str:
    return "–" if np.isnan(value) else percent(value)
