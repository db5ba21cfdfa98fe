"""Forks beside passes: a fork waits for the passes of other threads, and its child never sees half of one."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import torch

PATIENCE: Final = 10.0  # seconds a fork waits; a pass that takes longer is undone in the child

bookkeeping: Final = threading.Condition(threading.Lock())  # of passes, and of what they change; held through a fork

_passes: dict[int, int] = {}  # that run now, by thread
_undoings: dict[object, tuple[int, Callable[[], object]]] = {}  # by thread, what puts back what passes changed
_waiting = 0  # threads that want to fork
_held = False  # whether the lock is that of a fork
_ever = False  # whether there was a pass in this process


@contextmanager
def counted_pass() -> Iterator[None]:
    """A pass of this thread, for which forks of other threads wait; one that begins meanwhile lets them go first."""
    global _ever
    thread = threading.get_ident()
    with bookkeeping:
        bookkeeping.wait_for(lambda: not _waiting or thread in _passes)
        _passes[thread] = _passes.get(thread, 0) + 1
        _ever = True
    try:
        yield
    finally:
        with bookkeeping:
            _passes[thread] -= 1
            if not _passes[thread]:
                del _passes[thread]
                bookkeeping.notify_all()


@contextmanager
def undone_in_child(undo: Callable[[], object]) -> Iterator[None]:
    """Meanwhile a process that another thread forks calls `undo`: this thread, which would do it, is not in there."""
    key = object()
    _undoings[key] = threading.get_ident(), undo
    try:
        yield
    finally:
        _undoings.pop(key, None)


def _before_fork() -> None:
    global _waiting, _held
    thread = threading.get_ident()
    bookkeeping.acquire()
    _waiting += 1
    bookkeeping.wait_for(lambda: not _passes.keys() - {thread}, PATIENCE)
    _held = True


def _release() -> None:
    global _waiting, _held
    if _held:
        _held = False
        _waiting -= 1
        bookkeeping.notify_all()
        bookkeeping.release()


def _in_child() -> None:
    global _waiting
    _release()
    _waiting = 0
    thread = threading.get_ident()
    for other in _passes.keys() - {thread}:
        del _passes[other]
    for key, (owner, undo) in [*_undoings.items()]:
        if owner != thread:
            del _undoings[key]
            undo()
    if _ever and torch.get_num_threads() > 1:
        torch.set_num_threads(1)  # GNU's OpenMP has one team a process; a child that calls upon it waits for ever


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(before=_before_fork, after_in_parent=_release, after_in_child=_in_child)
