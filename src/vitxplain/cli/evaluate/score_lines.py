"""Scores while `vitx evaluate` runs: lines on stderr now and then, and whenever a model is done."""

import time
from collections.abc import Callable
from typing import Final

from rich.console import Console
from rich.text import Text

from vitxplain.cli.shared.console import printable
from vitxplain.evaluation.scoring.means_so_far import MeansSoFar
from vitxplain.words import counted

FIRST: Final = 20.0  # seconds after which something is said
LONGER: Final = 0.2  # of the time so far that passes before the next words, so that a long run does not fill a log


class ScoreLines:
    """Called with the means after each batch; prints them where it is time, a line for each method."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._began = self._last = clock()

    def __call__(self, means: MeansSoFar) -> None:
        now = self._clock()
        if means.finished or now - self._last >= max(FIRST, LONGER * (now - self._began)):
            self._last = now
            for line in lines(means):
                self._console.print(Text(printable(line), "dim"), soft_wrap=True)


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
