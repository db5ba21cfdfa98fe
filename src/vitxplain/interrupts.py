"""SIGTERM, by which schedulers and containers end a process, as what Ctrl-C is: an exception that tidies up."""

import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer, current_thread, main_thread
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

Handler: TypeAlias = Callable[[int, FrameType | None], object]

INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM)
AGAIN: Final = 0.05  # seconds


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


@contextmanager
def never_lost() -> Iterator[Callable[[int], None]]:
    """Gives what sends a signal once more, soon, to be raised where it may.

    What is raised where Python ignores exceptions, in a weak reference's callback or `__del__`, comes once more, too.
    """
    before = sys.unraisablehook
    timers: deque[Timer] = deque(maxlen=1)

    def again(number: int) -> None:
        timers.append(Timer(AGAIN, _send, [number]))
        timers[-1].start()

    def report(ignored: "UnraisableHookArgs") -> None:
        if isinstance(ignored.exc_value, KeyboardInterrupt):
            again(exit_code(ignored.exc_value) - 128)
        else:
            before(ignored)

    sys.unraisablehook = report
    try:
        yield again
    finally:
        sys.unraisablehook = before
        for timer in timers:
            timer.cancel()


def importer(frame: FrameType | None, within: CodeType) -> FrameType | None:
    """Where the outermost import that is going on was asked for, in what this function's code calls; None outside.

    Within imports compiled modules swallow an exception or end the process by it.
    """
    outermost = None
    while frame is not None and frame.f_code is not within:
        if frame.f_code.co_filename == "<frozen importlib._bootstrap>":
            outermost = frame.f_back
        frame = frame.f_back
    return outermost


def raised_on_return(number: int, frame: FrameType) -> bool:
    """Raises the signal's exception as soon as the frame goes on; False under a debugger, which traces by itself."""
    if sys.gettrace() is _no_trace:  # an earlier signal's exception is about to come
        return True
    if sys.gettrace() is not None:
        return False

    def stop(_frame: FrameType, _event: str, _argument: object) -> None:
        sys.settrace(None)
        raise interrupt(number)

    frame.f_trace = stop
    sys.settrace(_no_trace)
    return True


def _no_trace(_frame: FrameType, _event: str, _argument: object) -> None:
    """What new frames are traced by; without one Python does not ask the frames that have a trace, either."""


def _send(number: int) -> None:
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main_thread().ident or 0, number)  # it ends what the main thread waits for, too
    else:
        signal.raise_signal(number)
