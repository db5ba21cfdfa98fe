"""A bar on stderr while something long runs; only for people, and only where there is something to wait for."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vitxplain.cli.shared.console import err


@contextmanager
def progress(doing: str, total: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """Gives a function that advances the bar; the bar is gone at the end."""
    if not shown or total < 2 or not sys.stderr.isatty():
        yield lambda _: None
        return
    columns = TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=err(), transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task("", total=total)
        yield lambda count: bar.advance(task, count)
