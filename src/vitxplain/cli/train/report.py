"""What `vitx train` says: what it will do, a bar while it trains, a line an evaluation, and the figures at the end."""

import sys
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final

from rich.text import Text

from vitxplain.cli.shared.console import out, print_json, print_note, printable
from vitxplain.cli.shared.pace import Pace, duration
from vitxplain.cli.shared.progress import progress_bar
from vitxplain.cli.shared.streams import result_stream
from vitxplain.metrics.intervals import wilson
from vitxplain.train.config.run_config import relative_source
from vitxplain.train.records import checkpoints
from vitxplain.train.records.metrics_file import FIGURES, Row
from vitxplain.train.records.result import RunResult
from vitxplain.train.records.run_folder import RunFolder
from vitxplain.train.run_summary import RunSummary


class TrainReport:
    """As --json and --quiet ask; only the main process speaks."""

    def __init__(self, *, json: bool, quiet: bool, resume: bool) -> None:
        self.json, self.quiet, self.resume = json, quiet, resume
        self.run_summary: RunSummary | None = None
        shown = not quiet and sys.stderr.isatty() and not (json and result_stream().isatty())
        self.pace = Pace() if not (quiet or json or shown) else None  # of lines in place of the bar
        self.start: tuple[int, float] | None = None  # the step that ended first, and when
        self.estimated = False
        self.bar = progress_bar("training", "{task.fields[figures]}", shown=shown, stderr_above=True)
        self.task = self.bar.add_task("", total=None, figures="")

    def __enter__(self) -> "TrainReport":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def on_start(self, run_summary: RunSummary) -> None:
        """Print what will be done, and start the bar."""
        self.run_summary = run_summary
        if not self.quiet:
            for head, text in summary_lines(run_summary, resume=self.resume):
                line = Text.assemble((f"{head:<9}", "bold"), printable(text))
                self.bar.console.print(line, soft_wrap=True)
        self.bar.start()

    def stepped(self, step: int, steps: int) -> None:
        """A step of `steps` ended: where no bar shows it, how long the rest takes, soon and while no figures come."""
        self.bar.update(self.task, completed=step, total=steps)
        if self.pace is None or step == steps:
            return
        seconds = self.pace.seconds()
        if self.start is None:  # the first step warms up
            self.start = step, seconds
            return
        first = not self.estimated and seconds - self.start[1] >= MEASURED
        if first or self.pace.is_due(late=LATE):
            self.estimated = True
            self.pace.said()
            pace = (seconds - self.start[1]) / (step - self.start[0])
            words = f"step {step:,} of {steps:,}  about {duration((steps - step) * pace)} to go, without evaluations"
            self.bar.console.print(words, soft_wrap=True)

    def trained(self, row: Row, steps: int) -> None:
        """Figures of the training images now and then, of `steps` in all; where no bar shows them, as a line."""
        self.bar.update(self.task, figures=_figures(row, 0))
        if self.pace and self.pace.is_due():
            self._print_row(row, f"of {steps:,}  training: {_figures(row, 2)}")

    def evaluated(self, row: Row, best: bool) -> None:
        """An evaluation on the validation split."""
        if self.json:
            print_json(row.as_json())
        elif not self.quiet:
            if self.pace:
                self.pace.said()
            self.start = None  # the time of an evaluation is no step's
            mark = ("  best so far", "green") if best else ("", "")
            self._print_row(row, f" validation: {_figures(row, 2)}", mark)

    def _print_row(self, row: Row, words: str, mark: tuple[str, str] = ("", "")) -> None:
        line = Text.assemble((f"epoch {row.epoch:g}", "bold"), f"  step {row.step:,} {words}", mark)
        self.bar.console.print(line, soft_wrap=True)

    def finished(self, result: RunResult) -> None:
        """The last words."""
        if self.json:
            facts = {"training": self.run_summary.as_json()} if self.run_summary else {}
            print_json(result.as_json() | facts)
        elif not self.quiet:
            if result.was_finished:
                print_note(f"{result.folder} is finished: there is nothing to resume.")
            for split, metrics in result.metrics.items():
                out().print(f"{split}: {figures_of(metrics, result.classes)}", soft_wrap=True)
            out().print(
                f"{printable(result.folder)}  (vitx explain IMAGE --model {printable(result.folder)})", soft_wrap=True
            )

    def stopped(self) -> str:
        """What a Ctrl-C that ended everything at once left behind."""
        if self.run_summary is None:
            return "interrupted before the training began."
        folder = self.run_summary.folder
        last = checkpoints.newest(RunFolder(folder).checkpoints)
        kept = f"the checkpoint of step {checkpoints.step_of(last):,} is kept" if last else "there is no checkpoint yet"
        return f"stopped at once; {kept}. Go on with: vitx train --resume --out {folder}"


MEASURED: Final = 5.0  # seconds of steps, after which how long all take can be told
LATE: Final = 1.5  # times the pace: lines with figures come first, where there are any
UNSURE: Final = 0.2  # an accuracy whose 95 % interval is wider than this says little
NAMED: Final = 8  # classes


def summary_lines(summary: RunSummary, *, resume: bool) -> Iterator[tuple[str, str]]:
    """Pairs of a line's heading and its text."""
    height, width = summary.image_size
    learn = "all of them learn" if summary.learning == summary.parameters else f"{summary.learning:,} of them learn"
    yield "model", f"{relative_source(summary.model)}: {summary.parameters:,} parameters, {learn}"
    images = ", ".join(f"{count:,} {split}" for split, count in summary.images.items())
    more = f" and {len(summary.classes) - NAMED} more" if len(summary.classes) > NAMED else ""
    classes = f"{len(summary.classes)} classes: {', '.join(summary.classes[:NAMED])}{more}"
    yield "data", f"{relative_source(summary.data)}: {images} images of {classes}"
    for note in summary.notes:
        yield "", note
    long = f"{_count(summary.steps, 'step')} ({_count(summary.epochs, 'epoch')})"
    yield (
        "training",
        f"{long} of {summary.batch_size:,} images at {height}x{width} pixels, "
        f"learning rate {summary.learning_rate:g}, on {summary.device} in {summary.precision}",
    )
    yield "run", f"{summary.folder}"
    if summary.after:
        yield "", f"going on from step {summary.after:,} of {summary.steps:,}"
    elif resume:
        yield "", "there is no checkpoint to go on from: it begins anew"


def _figures(row: Row, digits: int) -> str:
    """The loss and the figures of a row; mAP and mIoU are no shares of images, and stand as numbers."""
    parts = [] if row.loss is None else [f"loss {row.loss:.{3 + digits // 2}f}"]
    for name, value in row.figures.items():
        parts.append(f"accuracy {value:.{digits}%}" if name == "accuracy" else f"{FIGURES[name]} {value:.4f}")
    return ", ".join(parts)


def _count(number: float, word: str) -> str:
    return f"{round(number, 1):,g} {word}{'' if number == 1 else 's'}" if number < 1e5 else f"{round(number):,} {word}s"


def figures_of(metrics: Mapping[str, Any], classes: int) -> str:
    """The figures of a split; of an accuracy what of it is chance."""
    missing = _classes_missing(metrics, classes)
    if "accuracy" not in metrics:
        named = [f"{words} {_number(metrics[name])}" for name, words in FIGURES.items() if name in metrics]
        return "; ".join([f"{', '.join(named)} ({int(metrics['images']):,} images)", *missing])
    accuracy, images = metrics["accuracy"], int(metrics["images"])
    right = round(accuracy * images)
    parts = [f"accuracy {accuracy:.2%} ({right:,} of {images:,} images), loss {metrics['loss']:.4f}"]
    sure = wilson(right, images)
    if sure.high - sure.low > UNSURE:
        parts.append(f"too few images to tell {sure.low:.0%} from {sure.high:.0%}")
    return "; ".join([*parts, *missing])


def _classes_missing(metrics: Mapping[str, Any], classes: int) -> list[str]:
    present = int(metrics.get("classes", classes))
    return [f"only {present} of {classes} classes {'is' if present == 1 else 'are'} in it"] if present < classes else []


def _number(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.4f}"
