"""vitx demo"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from vitxplain.cli.shared.console import no, print_json, print_note, print_table, printable, yes
from vitxplain.cli.shared.console import out as stdout
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import Debug, Json, Out, Quiet

if TYPE_CHECKING:
    from vitxplain.demo.scene_scores import SceneScore


@guarded
def demo(
    out: Out = Path("vitx-demo"),
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """See it work, offline: the models in the box on images whose truth is known, every method that fits."""
    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.demo.page import verdict_on
    from vitxplain.demo.run import run
    from vitxplain.demo.scene_part import scene_parts
    from vitxplain.files.paths import user_path
    from vitxplain.files.write import check_writable

    check_writable(folder := user_path(out))
    report: Callable[[str], None] = (lambda _: None) if quiet or json else print_note
    scenes = scene_parts(report)
    scores, files = run(folder, report, scenes=scenes)
    if json:
        for score in scores:
            interval = [score.precision.low, score.precision.high]
            record = {"method": score.method, "average_precision": score.precision.mean, "interval": interval}
            print_json({"model": score.model or None, **record, "beats_every_control": verdict_on(score) or None})
        return
    if quiet:
        return
    marks = {"yes": yes(), "no": no()}
    rows: list[list[str | Text]] = []
    for score in scores:
        mean, low, high = score.precision
        verdict = verdict_on(score)
        cells = [score.model or "(control)", score.method, f"{mean:.2f}", f"{low:.2f} to {high:.2f}"]
        rows.append([*cells, marks.get(verdict, verdict)])
    print_table(["Model", "Method", "Finds the digit", "95 % interval", "Beats every control"], rows)
    stdout().print("\nAverage precision against the digit's own pixels.\n", soft_wrap=True)
    rows = [_scene_cells(part.task, row) for part in scenes for row in part.scores]
    print_table(["Task", "Model", "Method", "Found", "Points inside", "Share inside"], rows)
    stdout().print(
        f"\nInside: the true box of a found object, the true pixels of a found class.\nLook: {printable(files[0])}",
        soft_wrap=True,
    )


def _scene_cells(task: str, row: "SceneScore") -> list[str | Text]:
    count = f"{row.matched} of {row.total}" if row.model else ""
    return [task, row.model or "(control)", row.method, count, f"{row.pointing.mean:.2f}", f"{row.inside.mean:.2f}"]
