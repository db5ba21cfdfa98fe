"""How often something long says how far it is, where nobody sees a bar."""

import time
from collections.abc import Callable
from typing import Final

FIRST: Final = 20.0  # seconds after which something is said
LONGER: Final = 0.2  # of the time so far that passes before the next words, so that a long run does not fill a log


class Pace:
    """Every `first` seconds at first, and ever more rarely."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, first: float = FIRST) -> None:
        self._clock, self._first = clock, first
        self._began = self._last = clock()

    def is_due(self) -> bool:
        """Whether it is time to say something; it then counts as said."""
        now = self._clock()
        if now - self._last < max(self._first, LONGER * (now - self._began)):
            return False
        self._last = now
        return True

    def seconds(self) -> float:
        """Since the work began."""
        return self._clock() - self._began

    def said(self) -> None:
        """Something was said out of turn."""
        self._last = self._clock()
