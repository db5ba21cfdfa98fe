"""What `vitx evaluate` says on stderr while it runs: what is scored, scores now and then, those of whole models."""

from rich.console import Console
from rich.text import Text

from vitxplain.cli.shared.console import printable
from vitxplain.cli.shared.pace import Pace
from vitxplain.evaluation.scoring.means_so_far import MeansSoFar
from vitxplain.words import counted


class ScoreLines:
    """Called with the means before the first image and after each; prints them where it is time, a line a method."""

    def __init__(self, console: Console, pace: Pace | None = None) -> None:
        self._console, self._pace = console, pace or Pace()

    def __call__(self, means: MeansSoFar) -> None:
        if not means.images:
            self._console.print(Text(printable(beginning(means)), "dim"), soft_wrap=True)
        if means.finished:
            self._pace.said()
        if means.finished or self._pace.is_due():
            for line in lines(means):
                self._console.print(Text(printable(line), "dim"), soft_wrap=True)


def beginning(means: MeansSoFar) -> str:
    """What is scored, by which metrics."""
    metrics = dict.fromkeys(metric for names in means.methods.values() for metric in names)
    images, methods = counted(means.total, "image"), counted(len(means.methods), "method")
    return f"{means.model} on {means.data}: {images}, {methods}; {', '.join(metrics)}"


def lines(means: MeansSoFar) -> list[str]:
    """A line for each method, which says all: of which model, data and images."""
    images = counted(means.total, "image")
    images = images if means.finished else f"{means.images:,} of {images}"
    where = f"{means.model} on {means.data}, {images}"
    return [
        f"{where}: {method}: {', '.join(f'{metric} {mean:.2f}' for metric, mean in scores.items())}"
        for method, scores in means.means().items()
        if scores
    ]
