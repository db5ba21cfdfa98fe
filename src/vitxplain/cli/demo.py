"""vitx demo"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from vitxplain.cli.shared.browser import show_page
from vitxplain.cli.shared.console import no, print_error, print_json, print_note, print_table, printable, yes
from vitxplain.cli.shared.console import out as stdout
from vitxplain.cli.shared.guard import DONE, guarded
from vitxplain.cli.shared.options import OUTPUT, Debug, Json, Out, Quiet
from vitxplain.cli.shared.pace import Pace
from vitxplain.interrupts import exit_code

if TYPE_CHECKING:
    from vitxplain.demo.scene_scores import SceneScore


@guarded
def demo(
    out: Out = Path("vitx-demo"),
    show: Annotated[
        bool,
        typer.Option(
            "--open/--no-open",
            help="Open the page in the browser, where a terminal and a screen are.",
            rich_help_panel=OUTPUT,
        ),
    ] = True,
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> int:
    """See it work, offline: the models in the box on images whose truth is known, every method that fits.

    The page opens on the viewer, in which you walk through their attention by hand.
    """
    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.demo.page import verdict_on
    from vitxplain.demo.recordings import FOLDER
    from vitxplain.demo.run import run
    from vitxplain.demo.scene_part import scene_parts
    from vitxplain.files.paths import user_path
    from vitxplain.files.write import check_writable

    check_writable(folder := user_path(out))
    report: Callable[[str], None] = (lambda _: None) if quiet or json else print_note
    pace = Pace(first=10.0)

    def progress(words: str) -> None:
        if pace.is_due():
            report(words)

    try:
        scenes = scene_parts(report, folder=folder, progress=progress)
        scores, files = run(folder, report, scenes=scenes, progress=progress)
    except KeyboardInterrupt as stopped:
        print_error(
            f"interrupted; the page is not written, and pictures of models that were finished are in {folder}. "
            "Run the same command again: it begins anew, and replaces them."
        )
        return exit_code(stopped)
    if json:
        for score in scores:
            interval = [score.precision.low, score.precision.high]
            record = {"method": score.method, "average_precision": score.precision.mean, "interval": interval}
            print_json({"model": score.model or None, **record, "beats_every_control": verdict_on(score) or None})
        return DONE
    if quiet:
        return DONE
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
        "\nInside: the true box of a found object, the true pixels of a found class.\n\n"
        f"Walk through attention: {printable(files[0])}\n"
        f"Recordings, for TensorBoard and Python: {printable(folder / FOLDER)}",
        soft_wrap=True,
    )
    if show:
        show_page(files[0])
    return DONE


def _scene_cells(task: str, row: "SceneScore") -> list[str | Text]:
    count = f"{row.matched} of {row.total}" if row.model else ""
    return [task, row.model or "(control)", row.method, count, f"{row.pointing.mean:.2f}", f"{row.inside.mean:.2f}"]
