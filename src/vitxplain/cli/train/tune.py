"""vitx tune"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vitxplain.cli.shared.guard import SOME_FAILED, guarded
from vitxplain.cli.shared.options import OUTPUT, Debug, Device, Json, Quiet
from vitxplain.cli.train.options import Training
from vitxplain.files.paths import user_path
from vitxplain.interrupts import exit_code

if TYPE_CHECKING:
    from vitxplain.train.tuning.search_space import TrialResult
    from vitxplain.train.tuning.tune import TuningResult


@guarded
def tune(
    *,
    training: Training,
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

    Exit codes: 0 done, 1 no training came to its end, 2 nothing attempted, 130 Ctrl-C, 143 SIGTERM.
    """
    import numpy  # noqa: F401 - before torch, which swallows a Ctrl-C that comes while it imports numpy

    from vitxplain.cli.shared.console import out as stdout
    from vitxplain.cli.shared.console import print_json, print_note, printable
    from vitxplain.cli.shared.progress import progress
    from vitxplain.train.tuning.tune import tune as run

    with progress("tuning", trials, shown=not (quiet or json)) as advance:

        def on_trial(trial: "TrialResult", best: "TrialResult | None") -> None:
            advance(1)
            if json:
                print_json(trial.as_json())
            elif not quiet:
                words = [f"{key}={_short(value)}" for key, value in trial.options.items()]
                mark = "  [best so far]" if trial is best else ""
                line = f"trial {trial.number}: {_reached(trial)}  {' '.join(words)}{mark}"
                stdout().print(printable(line), soft_wrap=True)

        try:
            result = run(
                training.model,
                training.data,
                task=training.task,
                trials=trials,
                search=search,
                options=training.option,
                config=training.config and user_path(training.config),
                limit=training.limit,
                out=out,
                resume=resume,
                prune=prune,
                strict=training.strict,
                device=device,
                on_trial=on_trial,
            )
        except KeyboardInterrupt as stopped:
            print_note(f"interrupted; go on with: vitx tune --resume --out {out} --trials {trials}")
            return exit_code(stopped)
    if not (json or quiet):
        _print(result)
    return None if result.best else SOME_FAILED


def _print(result: "TuningResult") -> None:
    """Every trial, the best ones first."""
    from rich.text import Text

    from vitxplain.cli.shared.console import out, print_table, printable
    from vitxplain.train.records.metrics_file import FIGURES, is_highest

    valued = [trial for trial in result.trials if trial.value is not None]
    valued.sort(key=lambda trial: trial.value or 0.0, reverse=is_highest(result.metric))
    ordered = [*valued, *(trial for trial in result.trials if trial.value is None)]
    name = FIGURES.get(result.metric, result.metric)
    heading = name.capitalize() if name.islower() else name
    keys = list(dict.fromkeys(key for trial in result.trials for key in trial.options))
    rows = [
        [
            Text(cell, style="green" if trial is result.best else "")
            for cell in (str(trial.number), *_cells(trial, keys))
        ]
        for trial in ordered
    ]
    print_table(["\nTrial", f"\n{heading}", *(f"\n{key}" for key in keys)], rows)
    if result.best:
        best = printable(result.folder / "best.yaml")
        out().print(f"\n{best}  (vitx train --config {best})", soft_wrap=True)


def _cells(trial: "TrialResult", keys: list[str]) -> list[str]:
    return [_reached(trial), *(_short(trial.options.get(key, "")) for key in keys)]


def _reached(trial: "TrialResult") -> str:
    if trial.value is None:
        return f"failed: {trial.error.splitlines()[0]}"
    return f"{trial.value:.4f}" + (" (stopped early)" if trial.state == "stopped" else "")


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
