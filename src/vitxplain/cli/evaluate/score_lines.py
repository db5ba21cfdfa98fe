"""What `vitx evaluate` says on stderr while it runs: what is scored, scores now and then, those of whole models."""

from typing import Final

from rich.console import Console
from rich.text import Text

from vitxplain.cli.shared.console import printable
from vitxplain.cli.shared.pace import Pace, duration
from vitxplain.evaluation.scoring.means_so_far import MeansSoFar
from vitxplain.words import counted

NAMED: Final = 3  # metrics, of which the best method is told


class ScoreLines:
    """Called with the means before the first image and after each; prints a line of them where it is time."""

    def __init__(self, console: Console, pace: Pace | None = None) -> None:
        self._console, self._pace = console, pace or Pace()
        self._last = (0, 0.0)  # images that were done, and seconds that had gone, with the words before

    def __call__(self, means: MeansSoFar) -> None:
        seconds = self._pace.seconds()
        if not means.images:
            self._print(beginning(means))
            self._last = (0, seconds)
        if means.finished:
            self._pace.said()
        if means.finished or self._pace.is_due():
            images, before = self._last
            self._last = (means.images, seconds)
            pace = (seconds - before) / max(means.images - images, 1)
            if words := standing(means, (means.total - means.images) * pace):
                self._print(words)

    def _print(self, words: str) -> None:
        self._console.print(Text(printable(words), "dim"), soft_wrap=True)


def beginning(means: MeansSoFar) -> str:
    """What is scored, by which metrics."""
    metrics = dict.fromkeys(metric for names in means.methods.values() for metric in names)
    images, methods = counted(means.total, "image"), counted(len(means.methods), "method")
    return f"{means.model} on {means.data}: {images}, {methods}; {', '.join(metrics)}"


def standing(means: MeansSoFar, seconds: float) -> str:
    """How far it is, with the best method by each of the first metrics; empty where nothing has a score.

    `seconds` are still to go. The table says all, and comes at the end.
    """
    images = counted(means.total, "image")
    if not means.finished:
        images = f"{means.images:,} of {images}, about {duration(seconds)} to go"
    scores = {method: by_metric for method, by_metric in means.means().items() if by_metric}
    if not scores:
        return ""
    if len(means.methods) == 1:
        ((method, by_metric),) = scores.items()
        named = [f"{metric} {mean:.2f}" for metric, mean in list(by_metric.items())[:NAMED]]
        return f"{means.model} on {means.data}, {images}: {method}: {', '.join(named)}"
    leaders = [f"{metric} {mean:.2f} ({method})" for metric, (method, mean) in list(means.best().items())[:NAMED]]
    return f"{means.model} on {means.data}, {images}{': best ' if leaders else ''}{', '.join(leaders)}"
