"""Modules imported by a thread, while the command does what keeps Python free: hashing weights takes no lock of it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from threading import Thread


@contextmanager
def imported_meanwhile(*modules: str) -> Iterator[None]:
    """They are there at the end, unless they cannot be imported: that shows where they are needed.

    What is done within imports none of them itself: of two threads that wait for each other's modules one would see
    half of them.
    """
    missing = [name for name in modules if name not in sys.modules]
    if not missing:
        yield
        return
    thread = Thread(target=_import, args=[missing], name="imports")
    thread.start()
    try:
        yield
    finally:
        thread.join()


def _import(modules: list[str]) -> None:
    with suppress(Exception):
        for name in modules:
            import_module(name)
