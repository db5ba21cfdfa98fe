"""vitx tune"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vitxplain.cli.completion import complete_models
from vitxplain.cli.guard import INTERRUPTED, SOME_FAILED, guarded
from vitxplain.cli.options import OF_MODEL, OUTPUT, Debug, Device, Json, Quiet
from vitxplain.paths import user_path

if TYPE_CHECKING:
    from vitxplain.train.study import Tried
    from vitxplain.train.tune import Tuned


@guarded
def tune(
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            help="What to start from, as for `vitx train`.",
            show_default="vit-base",
            autocompletion=complete_models,
            rich_help_panel=OF_MODEL,
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", help="A built-in set, a folder or a Hub id.", show_default="digits")
    ] = None,
    trials: Annotated[int, typer.Option("--trials", min=1, help="How many trainings in all.")] = 20,
    search: Annotated[
        str | None,
        typer.Option(
            "--search",
            metavar="KEY=LOW:HIGH,KEY=A|B|C",
            help="Options to search: ranges and choices.",
            show_default="learning_rate=1e-5:1e-2,batch_size=16|32|64,weight_decay=1e-3:0.3",
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="YAML file with options; what is typed goes before it.")
    ] = None,
    option: Annotated[
        list[str],
        typer.Option(
            "-o",
            "--option",
            metavar="KEY=VALUE",
            help="An option that all trainings have, as for `vitx train`.",
            show_default=False,
        ),
    ] = [],  # noqa: B006 - typer's way; never changed
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only so many images of each split.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at a damaged image; else it is skipped.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune/--no-prune", help="Stop trainings that fall behind the others.")
    ] = True,
    out: Annotated[Path, typer.Option("--out", help="Folder of the search.", rich_help_panel=OUTPUT)] = Path(
        "vitx-runs/tune"
    ),
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the search that lies there.", rich_help_panel=OUTPUT)
    ] = False,
    device: Device = "auto",
    json: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,  # noqa: ARG001 - for the guard
) -> int | None:
    """Search learning rate, batch size and any other option: train again and again, and keep what is best.

    Writes best.yaml for `vitx train --config`, trials.csv, history.png and a run for each training. Needs the extra
    `tune` (Optuna).

    Exit codes: 0 done, 1 no training came to its end, 2 nothing attempted, 130 interrupted (--resume goes on).
    """
    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.cli.console import out as stdout
    from vitxplain.cli.console import print_json, print_note, printable
    from vitxplain.cli.progress import progress
    from vitxplain.train.tune import tune as run

    with progress("tuning", trials, shown=not (quiet or json)) as advance:

        def ended(tried: "Tried", best: "Tried | None") -> None:
            advance(1)
            if json:
                print_json(tried.as_json())
            elif not quiet:
                words = [f"{key}={_short(value)}" for key, value in tried.chosen.items()]
                mark = "  [best so far]" if tried is best else ""
                line = f"trial {tried.number}: {_reached(tried)}  {' '.join(words)}{mark}"
                stdout().print(printable(line), soft_wrap=True)

        try:
            found = run(
                model,
                data,
                trials=trials,
                search=search,
                options=option,
                config=config and user_path(config),
                limit=limit,
                out=out,
                resume=resume,
                prune=prune,
                strict=strict,
                device=device,
                ended=ended,
            )
        except KeyboardInterrupt:
            print_note(f"interrupted; go on with: vitx tune --resume --out {out} --trials {trials}")
            return INTERRUPTED
    if not (json or quiet):
        _print(found)
    return None if found.best else SOME_FAILED


def _print(found: "Tuned") -> None:
    """Every trial, the best ones first."""
    from rich.text import Text

    from vitxplain.cli.console import out, print_table, printable

    valued = [one for one in found.trials if one.value is not None]
    valued.sort(key=lambda one: one.value or 0.0, reverse=found.metric == "accuracy")
    ordered = [*valued, *(one for one in found.trials if one.value is None)]
    keys = list(dict.fromkeys(key for one in found.trials for key in one.chosen))
    rows = [
        [Text(cell, style="green" if one is found.best else "") for cell in (str(one.number), *_cells(one, keys))]
        for one in ordered
    ]
    print_table(["\nTrial", f"\n{found.metric.capitalize()}", *(f"\n{key}" for key in keys)], rows)
    if found.best:
        best = printable(found.folder / "best.yaml")
        out().print(f"\n{best}  (vitx train --config {best})", soft_wrap=True)


def _cells(tried: "Tried", keys: list[str]) -> list[str]:
    return [_reached(tried), *(_short(tried.chosen.get(key, "")) for key in keys)]


def _reached(tried: "Tried") -> str:
    if tried.value is None:
        return f"failed: {tried.error.splitlines()[0]}"
    return f"{tried.value:.4f}" + (" (stopped early)" if tried.state == "stopped" else "")


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
