"""What `vitx train` says: what it will do, a bar while it trains, a line an evaluation, and the figures at the end."""

import sys
from types import TracebackType
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from vitxplain.cli.console import err, out, print_json, print_note, printable
from vitxplain.cli.train_words import figures_of, what_will_be_done
from vitxplain.train import checkpoints
from vitxplain.train.beginning import Beginning
from vitxplain.train.metrics_file import Row, is_best, row_of, rows
from vitxplain.train.result import RunResult
from vitxplain.train.run_folder import RunFolder


class TrainReport:
    """As --json and --quiet ask; only the main process speaks."""

    def __init__(self, *, json: bool, quiet: bool, resume: bool) -> None:
        self.json, self.quiet, self.resume = json, quiet, resume
        self.beginning: Beginning | None = None
        shown = not quiet and sys.stderr.isatty() and not (json and sys.stdout.isatty())
        columns = (
            *(TextColumn("training"), BarColumn(), MofNCompleteColumn()),
            *(TextColumn("{task.fields[figures]}"), TimeRemainingColumn()),
        )
        self.bar = Progress(*columns, console=err(), transient=True, disable=not shown, redirect_stdout=False)
        self.callback = _Watcher(self)

    def __enter__(self) -> "TrainReport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def began(self, beginning: Beginning) -> None:
        """Everything is loaded; the first step comes next."""
        self.beginning = beginning
        if not self.quiet:
            for head, text in what_will_be_done(beginning, resume=self.resume):
                line = Text.assemble((f"{head:<9}", "bold"), printable(text))
                self.bar.console.print(line, soft_wrap=True)
        self.bar.start()

    def evaluated(self, row: Row, best: bool) -> None:
        """An evaluation on the validation split."""
        if self.json:
            print_json(row.as_json())
        elif not self.quiet:
            mark = ("  best so far", "green") if best else ("", "")
            self.bar.console.print(
                Text.assemble(
                    (f"epoch {row.epoch:g}", "bold"),
                    f"  step {row.step:,}  validation: loss {row.loss:.4f}, accuracy {row.accuracy:.2%}",
                    mark,
                ),
                soft_wrap=True,
            )

    def finished(self, result: RunResult) -> None:
        """The last words."""
        if self.json:
            facts = {"training": self.beginning.as_json()} if self.beginning else {}
            print_json(result.as_json() | facts)
        elif not self.quiet:
            if result.was_finished:
                print_note(f"{result.folder} is finished: there is nothing to resume.")
            for split, found in result.metrics.items():
                out().print(f"{split}: {figures_of(found, result.classes)}", soft_wrap=True)
            out().print(
                f"{printable(result.folder)}  (vitx explain IMAGE --model {printable(result.folder)})", soft_wrap=True
            )

    def stopped(self) -> str:
        """What a Ctrl-C that ended everything at once left behind."""
        if self.beginning is None:
            return "interrupted before the training began."
        folder = self.beginning.folder
        last = checkpoints.newest(RunFolder(folder).checkpoints)
        kept = f"the checkpoint of step {checkpoints.step_of(last):,} is kept" if last else "there is no checkpoint yet"
        return f"stopped at once; {kept}. Go on with: vitx train --resume --out {folder}"


class _Watcher(TrainerCallback):
    """From the Trainer's events to the report."""

    def __init__(self, report: TrainReport) -> None:
        self.report = report
        self.task = report.bar.add_task("", total=None, figures="")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.report.bar.update(self.task, completed=state.global_step, total=state.max_steps)

    def on_log(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        row = row_of(state.log_history[-1]) if state.is_world_process_zero else None
        if row and row.split == "train":
            self.report.bar.update(self.task, figures=f"loss {row.loss:.3f}, accuracy {row.accuracy:.0%}")
        elif row:
            self.report.evaluated(row, best=is_best(rows(state.log_history), str(args.metric_for_best_model)))
