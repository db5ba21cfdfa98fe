"""vitx demo"""

from pathlib import Path

from rich.text import Text

from vitxplain.cli.shared.console import no, print_json, print_note, print_table, printable, yes
from vitxplain.cli.shared.console import out as stdout
from vitxplain.cli.shared.guard import guarded
from vitxplain.cli.shared.options import Debug, Json, Out, Quiet


@guarded
def demo(
    out: Out = Path("vitx-demo"),
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> None:
    """See it work, offline: digits whose place is known, both models in the box, every method that fits."""
    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.demo.page import verdict_on
    from vitxplain.demo.run import run
    from vitxplain.files.paths import user_path
    from vitxplain.files.write import check_writable

    check_writable(folder := user_path(out))
    scores, files = run(folder, report=(lambda _: None) if quiet or json else print_note)
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
    stdout().print(f"\nAverage precision against the digit's own pixels.\nLook: {printable(files[0])}", soft_wrap=True)
