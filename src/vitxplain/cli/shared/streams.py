"""The standard streams while a command runs: results alone on stdout under --json, and no question on stdin."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TextIO

_results: ContextVar[TextIO | None] = ContextVar("results", default=None)


def result_stream() -> TextIO:
    """Where results go: the standard output, also while it is closed to everybody else."""
    return _results.get() or sys.stdout


@contextmanager
def results_alone() -> Iterator[None]:
    """What anything but `result_stream` writes to stdout goes to stderr: Python, C libraries and child processes too.

    Plugins and models may print what they like; the objects of --json stay readable.
    """
    stdout = sys.stdout
    stdout.flush()
    number = _number(stdout)
    if number != 1:  # captured, by a test or by a program that runs the command inside itself
        token = _results.set(stdout)
        sys.stdout = sys.stderr
        try:
            yield
        finally:
            sys.stdout = stdout
            _results.reset(token)
        return
    with os.fdopen(os.dup(1), "w", encoding=stdout.encoding, errors=stdout.errors, newline="\n") as results:
        token = _results.set(results)
        _to_stderr(1)
        try:
            yield
        finally:
            _results.reset(token)
            sys.stdout = stdout
            with suppress(OSError, ValueError):
                stdout.flush()
            os.dup2(results.fileno(), 1)


@contextmanager
def no_questions() -> Iterator[None]:
    """Nobody is asked anything: what reads from the terminal finds it at its end, and fails at once."""
    stdin = sys.stdin
    with Path(os.devnull).open() as nothing:
        sys.stdin = nothing
        try:
            yield
        finally:
            sys.stdin = stdin


@contextmanager
def readers_may_leave() -> Iterator[None]:
    """Where whoever read what is printed has gone, as after `| head`, the process ends: code 1, no traceback."""
    try:
        yield
    except BrokenPipeError:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BrokenPipeError:  # Python tries again as it ends, and would say so
                with Path(os.devnull).open("w") as nothing:
                    os.dup2(nothing.fileno(), stream.fileno())
        raise SystemExit(1) from None


def _to_stderr(number: int) -> None:
    try:
        os.dup2(2, number)
    except OSError:  # it is closed
        with Path(os.devnull).open("w") as nothing:
            os.dup2(nothing.fileno(), number)


def _number(stream: TextIO) -> int | None:
    try:
        return stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None
