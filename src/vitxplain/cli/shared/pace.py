"""How often something long says how far it is, where nobody sees a bar, and how long it still takes."""

import time
from collections.abc import Callable
from typing import Final

FIRST: Final = 20.0  # seconds after which something is said
LONGER: Final = 0.2  # of the time so far that passes before the next words, so that a long run does not fill a log
LONGEST: Final = 300.0  # seconds without words, however long it runs


class Pace:
    """Every `first` seconds at first, and ever more rarely."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, first: float = FIRST) -> None:
        self._clock, self._first = clock, first
        self._began = self._last = clock()

    def is_due(self, late: float = 1.0) -> bool:
        """Whether it is time to say something; it then counts as said.

        `late` is how many times as long to wait: above 1 for words that are said only where no better ones came.
        """
        now = self._clock()
        if now - self._last < late * min(max(self._first, LONGER * (now - self._began)), LONGEST):
            return False
        self._last = now
        return True

    def seconds(self) -> float:
        """Since the work began."""
        return self._clock() - self._began

    def said(self) -> None:
        """Something was said out of turn."""
        self._last = self._clock()


def duration(seconds: float) -> str:
    """In words, to the minute from two minutes on, and to the tenth of an hour from two hours on."""
    if seconds < 120:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
