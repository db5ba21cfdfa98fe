"""SIGTERM, by which schedulers and containers end a process, as what Ctrl-C is: an exception that tidies up."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Final, TypeAlias

Handler: TypeAlias = Callable[[int, FrameType | None], object]

INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM."""

    number = signal.SIGTERM


def interrupt(number: int) -> KeyboardInterrupt:
    """The exception of a signal."""
    return Terminated() if number == signal.SIGTERM else KeyboardInterrupt()


def exit_code(error: KeyboardInterrupt) -> int:
    """What a shell expects of a command that a signal ended: 130 for Ctrl-C, 143 for SIGTERM."""
    return 128 + getattr(error, "number", signal.SIGINT)


@contextmanager
def handled(handler: Handler) -> Iterator[None]:
    """Meanwhile both signals go to the handler; in a thread other than the main one nothing changes."""
    if current_thread() is not main_thread():  # no other may set handlers
        yield
        return
    before = {number: signal.signal(number, handler) for number in INTERRUPTS}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
